import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { dump, load } from "js-yaml";
import { stackFileOf } from "../definitions/stackFile";
import { IsolatedCli, type CliResult } from "./cli";
import { copyTenants, LAB_DEFINITIONS, labStackFile } from "./definitions";
import { labEnvironment } from "./environment";
import type { SimulatedNode } from "./simulatedNode";
import type { SimulatedRouter } from "./simulatedRouter";

/** Parts of a tenant's file that the lab changes. */
export interface TenantFile {
    readonly vms: { readonly name: string; rebuild?: string }[];
}

export type { CliResult } from "./cli";

const PROJECT_ROOT = resolve(__dirname, "..");

/** Parts of the project that a run of Pulumi needs beside a substrate's definitions. */
const PROGRAM = [
    "bin",
    "main.js",
    "start",
    "index.ts",
    "package.json",
    "tsconfig.json",
    "Pulumi.yaml",
    "definitions",
    "substrate",
    "firewall",
    "https",
    "state",
    "node",
    "router",
    "host",
    "components",
    "report",
    "proof",
    "policy",
    "commands",
    "schemas",
];

/**
 * A copy of the project with a state of its own in a temporary folder: the same program, and definitions of a substrate
 * that is simulated.
 */
export class Workspace {
    private constructor(
        private readonly cli: IsolatedCli,
        readonly stack: string,
    ) {}

    /**
     * Makes a workspace with an empty stack of a substrate.
     *
     * @param node the simulated node that stands for the substrate's hypervisors; none for a substrate without a host.
     * @param router the simulated router that stands for its core router, which the stack then writes to.
     * @param environment further variables of every run, such as where the state is kept.
     * @param definitions folder that Pulumi.<stack>.yaml and tenants/<stack> are taken from; the lab's own, unless a
     * person's are what the run is about.
     */
    static async create(
        stack: string,
        node?: SimulatedNode,
        router?: SimulatedRouter,
        environment: Readonly<Record<string, string>> = {},
        definitions = LAB_DEFINITIONS,
    ): Promise<Workspace> {
        const cli = new IsolatedCli({
            ...environment,
            ...(node && { PROXMOX_VE_API_TOKEN: node.ready.apiToken, SSL_CERT_FILE: node.ready.caFile }),
            ...(router && { OPNSENSE_API_KEY: router.ready.apiKey, OPNSENSE_API_SECRET: router.ready.apiSecret }),
        });
        copyProgram(PROGRAM, cli.root);
        for (const installed of ["node_modules", ".tools"]) {
            symlinkSync(join(PROJECT_ROOT, installed), join(cli.root, installed));
        }
        shareCompiled(cli.root);
        writeFileSync(join(cli.root, stackFileOf(stack)), labStackFile(definitions, stack, node, router));
        copyTenants(definitions, stack, cli.root);
        if (node !== undefined && router !== undefined) {
            const authorities = join(cli.root, "authorities.pem");
            writeFileSync(authorities, [node, router].map(({ ready }) => readFileSync(ready.caFile, "utf8")).join(""));
            cli.setVariable("SSL_CERT_FILE", authorities);
        }
        await cli.makeStack(stack);
        return new Workspace(cli, stack);
    }

    /** Folder of the copied project. */
    get root(): string {
        return this.cli.root;
    }

    /** The environment of every run: what isolates it from a person's own, and how it reaches node and router. */
    get variables(): NodeJS.ProcessEnv {
        return this.cli.variables();
    }

    /** Has the CLI keep its own log from now on. */
    keepLog(): void {
        this.cli.keepLog();
    }

    /** A further text that no run may show. */
    addSecret(text: string): void {
        this.cli.scan.add(text);
    }

    /** @throws Error where a secret was seen in a run's output or command line, or stands in the state. */
    expectNoSecrets(): void {
        this.cli.expectNoSecrets();
    }

    /** Removes the copy with its state. */
    remove(): void {
        this.cli.remove();
    }

    /** Ends the command that runs now, and refuses later ones. */
    interrupt(): void {
        this.cli.interrupt();
    }

    /** Runs a Pulumi command on the stack, without a terminal. */
    async pulumi(command: readonly string[], extra: Readonly<Record<string, string>> = {}): Promise<CliResult> {
        return this.cli.run([...command, "--stack", this.stack, "--non-interactive"], extra);
    }

    /** Has every later run keep the state elsewhere. */
    keepStateIn(environment: Readonly<Record<string, string>>): void {
        Object.entries(environment).forEach(([name, value]) => this.cli.setVariable(name, value));
    }

    /** Changes a tenant's file, whose comments and form are lost. */
    changeTenant(name: string, change: (definition: TenantFile) => void): void {
        const file = join(this.root, "tenants", this.stack, `${name}.yaml`);
        const definition = load(readFileSync(file, "utf8")) as TenantFile;
        change(definition);
        writeFileSync(file, dump(definition));
    }

    /** Encrypts a value into the stack's configuration. */
    async setSecret(key: string, value: string): Promise<void> {
        await this.cli.setSecret(this.stack, key, value);
    }

    /** Runs one of the project's own commands, as a person does. */
    async command(name: string, ...args: readonly string[]): Promise<CliResult> {
        return this.cli.program(join(this.root, "bin", "tenants"), [name, ...args]);
    }

    /** Runs lines of a shell in the project's folder, up to the first that fails. */
    async shell(script: string, extra: Readonly<Record<string, string>> = {}): Promise<CliResult> {
        return this.cli.program("bash", ["-euc", script], { PULUMI_OPTION_NON_INTERACTIVE: "true", ...extra });
    }

    /** Kills the command that runs now, without a word, as a machine that loses its power does. */
    kill(): void {
        if (this.variables["PULUMI_SKIP_CHECKPOINTS"] === "true") {
            throw new Error(
                "nothing of a run that is killed here would be in the state: this workspace keeps no checkpoints",
            );
        }
        this.cli.kill();
    }
}

/** Copies parts of the project, by cp, which takes a quarter of the time of Node.js. */
export function copyProgram(parts: readonly string[], root: string): void {
    execFileSync("cp", ["-R", ...parts, root], { cwd: PROJECT_ROOT, env: labEnvironment() });
}

/** Lets a copy of the project use what this one compiled: start/kept.js takes it only for the very same source. */
export function shareCompiled(root: string): void {
    mkdirSync(join(PROJECT_ROOT, ".compiled"), { recursive: true });
    symlinkSync(join(PROJECT_ROOT, ".compiled"), join(root, ".compiled"));
}
