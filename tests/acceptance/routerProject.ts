import { symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { IsolatedCli, type CliResult } from "../../lab/cli";
import type { SimulatedRouter } from "../../lab/simulatedRouter";
import { copyProgram } from "../../lab/workspace";
import type { RouterRecords } from "../../router/recordTypes";

const PROJECT_ROOT = resolve(__dirname, "../..");
const STACK = "dvntm";

/** Declares the four resources of each tenant in records.json. */
const PROGRAM = `
import { readFileSync } from "node:fs";
import { announce, declareOnRouter } from "./components/tenantRouter";

const { endpoint, tenants } = JSON.parse(readFileSync("records.json", "utf8"));
const all = Object.entries<any>(tenants).map(([tenant, records]) => ({ endpoint, tenant, records }));
const run = announce(all);
all.forEach((one) => declareOnRouter(one.tenant, { ...one, run }, {}));
`;

/** A small Pulumi project with the router's resources alone, against a simulated router. */
export class RouterProject {
    private constructor(
        private readonly cli: IsolatedCli,
        readonly router: SimulatedRouter,
    ) {}

    static async create(router: SimulatedRouter): Promise<RouterProject> {
        const { apiKey, apiSecret, caFile } = router.ready;
        const cli = new IsolatedCli({
            OPNSENSE_API_KEY: apiKey,
            OPNSENSE_API_SECRET: apiSecret,
            SSL_CERT_FILE: caFile,
        });
        const parts = [
            "package.json",
            "tsconfig.json",
            "main.js",
            "start",
            "components",
            "definitions",
            "substrate",
            "firewall",
            "state",
            "node",
            "https",
            "router",
        ];
        copyProgram(parts, cli.root);
        symlinkSync(join(PROJECT_ROOT, "node_modules"), join(cli.root, "node_modules"));
        writeFileSync(join(cli.root, "index.ts"), PROGRAM);
        const settings = [
            "name: tenant-hypervisors",
            "runtime: {name: nodejs, options: {typescript: false}}",
            "main: main.js",
            "options:",
            "  refresh: always",
        ];
        writeFileSync(join(cli.root, "Pulumi.yaml"), `${settings.join("\n")}\n`);
        await cli.makeStack(STACK);
        return new RouterProject(cli, router);
    }

    /** @throws Error where a run left a secret in plain text. */
    remove(): void {
        try {
            this.cli.expectNoSecrets();
        } finally {
            this.cli.remove();
        }
    }

    /** Encrypts a value into the stack's configuration. */
    async setSecret(key: string, value: string): Promise<void> {
        await this.cli.setSecret(STACK, key, value);
    }

    get root(): string {
        return this.cli.root;
    }

    /** Declares what the next run makes true. */
    declare(tenants: Readonly<Record<string, RouterRecords>>, endpoint: string = this.router.ready.endpoint): void {
        writeFileSync(join(this.cli.root, "records.json"), JSON.stringify({ endpoint, tenants }));
    }

    async pulumi(command: readonly string[], extra: Readonly<Record<string, string>> = {}): Promise<CliResult> {
        return this.cli.run([...command, "--stack", STACK, "--non-interactive"], extra);
    }

    /** Runs a command that must succeed; a failure shows what the CLI said. */
    async succeed(...command: string[]): Promise<CliResult> {
        return this.cli.succeed([...command, "--stack", STACK]);
    }

    async up(): Promise<CliResult> {
        return this.succeed("up", "--yes", "--skip-preview");
    }
}
