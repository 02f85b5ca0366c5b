import { spawn, type ChildProcess } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { BIN } from "../tools/parts";
import type { SimulatedNode } from "./simulatedNode";

const PROJECT_ROOT = resolve(__dirname, "..");

/** What of the project a run of Pulumi needs: copied, so that a run may change stack files and tenants. */
const PROGRAM = [
    "index.ts",
    "package.json",
    "tsconfig.json",
    "Pulumi.yaml",
    "model",
    "components",
    "node",
    "commands",
    "schemas",
    "tenants",
];

/** What a run of the CLI ended with. */
export interface CliResult {
    readonly exitCode: number;
    readonly stdout: string;
    /** Both streams as a person sees them. */
    readonly output: string;
}

/**
 * A copy of the project with a state of its own in a temporary folder: the same program and the committed stack file,
 * with only the endpoint and the secrets of a substrate that is simulated. It never reads or writes a person's own
 * state, stack selection or configuration.
 */
export class Workspace {
    private running: ChildProcess | undefined;
    private interrupted = false;

    private constructor(
        /** Folder of the copied project. */
        readonly root: string,
        private readonly base: string,
        readonly stack: string,
        private readonly node: SimulatedNode | undefined,
    ) {}

    /**
     * Makes a workspace with an empty stack of a substrate.
     *
     * @param node the simulated node that stands for the substrate's hypervisors; none for a substrate without a host.
     */
    static async create(stack: string, node?: SimulatedNode): Promise<Workspace> {
        const base = mkdtempSync(join(tmpdir(), "tenant-hypervisors-"));
        const workspace = new Workspace(join(base, "project"), base, stack, node);
        workspace.copyProject();
        await workspace.succeed(["stack", "init", stack]);
        if (node !== undefined) {
            const key = "tenant-hypervisors:hypervisors.hv02.endpoint";
            await workspace.succeed(["config", "set", "--stack", stack, "--path", key, node.ready.endpoint]);
        }
        return workspace;
    }

    /** Removes the copy with its state. */
    remove(): void {
        rmSync(this.base, { recursive: true, force: true });
    }

    /**
     * Ends the command that runs now as Ctrl-C does, which lets the CLI end its plugins; later ones are refused, so that
     * whoever waits for a command gets to its clean-up.
     */
    interrupt(): void {
        this.interrupted = true;
        this.running?.kill("SIGINT");
    }

    /** Runs a Pulumi command on the stack, without a terminal. */
    async pulumi(command: readonly string[], extra: Readonly<Record<string, string>> = {}): Promise<CliResult> {
        return this.cli([...command, "--stack", this.stack, "--non-interactive"], extra);
    }

    /** Runs one of the project's own commands, as make does. */
    async command(name: string, ...args: readonly string[]): Promise<CliResult> {
        return this.run(process.execPath, ["--require", "tsx/cjs", `commands/${name}.ts`, ...args], {});
    }

    /** Kills the command that runs now, without a word, as a machine that loses its power does. */
    kill(): void {
        this.running?.kill("SIGKILL");
    }

    private copyProject(): void {
        mkdirSync(this.root);
        for (const entry of [...PROGRAM, `Pulumi.${this.stack}.yaml`]) {
            cpSync(join(PROJECT_ROOT, entry), join(this.root, entry), { recursive: true });
        }
        symlinkSync(join(PROJECT_ROOT, "node_modules"), join(this.root, "node_modules"));
        mkdirSync(join(this.base, "state"));
        mkdirSync(join(this.base, "home"));
        // Published plugins that the machine has are used; everything else of a person's Pulumi home is not.
        const plugins = join(process.env["PULUMI_HOME"] ?? join(homedir(), ".pulumi"), "plugins");
        if (existsSync(plugins)) {
            symlinkSync(plugins, join(this.base, "home", "plugins"));
        }
    }

    private async succeed(args: readonly string[]): Promise<void> {
        const { exitCode, output } = await this.cli([...args, "--non-interactive"], {});
        if (exitCode !== 0) {
            throw new Error(`pulumi ${args.join(" ")} ended with ${exitCode}:\n${output}`);
        }
    }

    private cli(args: readonly string[], extra: Readonly<Record<string, string>>): Promise<CliResult> {
        return this.run("pulumi", [...args, "--color", "never"], extra);
    }

    private run(program: string, args: readonly string[], extra: Readonly<Record<string, string>>): Promise<CliResult> {
        if (this.interrupted) {
            return Promise.reject(new Error("interrupted"));
        }
        return new Promise((done, reject) => {
            const child = spawn(program, args, {
                cwd: this.root,
                // Away from the terminal, whose Ctrl-C reaches it through interrupt() once, not twice.
                detached: true,
                env: { ...this.environment(), ...extra },
                stdio: ["ignore", "pipe", "pipe"],
            });
            this.running = child;
            let stdout = "";
            let output = "";
            child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
                stdout += chunk;
                output += chunk;
            });
            child.stderr.setEncoding("utf8").on("data", (chunk: string) => (output += chunk));
            child.on("error", reject);
            child.on("close", (code) => {
                this.running = undefined;
                done({ exitCode: code ?? -1, stdout, output });
            });
        });
    }

    private environment(): NodeJS.ProcessEnv {
        const inherited = Object.fromEntries(
            Object.entries(process.env).filter(([name]) => !/^(PULUMI_|PROXMOX_VE_|PM_VE_)/.test(name)),
        );
        return {
            ...inherited,
            PATH: `${BIN}${delimiter}${process.env["PATH"] ?? ""}`,
            PULUMI_HOME: join(this.base, "home"),
            PULUMI_BACKEND_URL: `file://${join(this.base, "state")}`,
            PULUMI_CONFIG_PASSPHRASE: "simulated",
            PULUMI_SKIP_UPDATE_CHECK: "true",
            PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
            ...(this.node && { PROXMOX_VE_API_TOKEN: this.node.ready.apiToken, SSL_CERT_FILE: this.node.ready.caFile }),
        };
    }
}
