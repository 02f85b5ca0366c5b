import { spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { LOGS, makePulumiHome } from "../state/project/client";
import { BIN } from "../tools/parts";
import { labEnvironment } from "./environment";
import { labKeys } from "./keys";
import { SecretScan } from "./secretScan";

/** Result of a run of the CLI. */
export interface CliResult {
    readonly exitCode: number;
    readonly stdout: string;
    /** Both streams, each in its order; which of them says its line first is chance. */
    readonly output: string;
}

/** Variables whose values are secrets. */
const SECRET = /TOKEN|SECRET|PASSWORD|KEY$/;

/**
 * The Pulumi CLI with a project folder, a state and a home of its own in a temporary folder. It never reads or writes a
 * person's own state, stack selection or configuration.
 */
export class IsolatedCli {
    /** Folder of the project, which is still to be filled. */
    readonly root: string;
    private readonly base: string;
    private running: ChildProcess | undefined;
    private interrupted = false;
    /** Looks for the secrets of the environment, and others that are added, wherever a run could leave them. */
    readonly scan = new SecretScan();

    /**
     * @param environment variables for every run beside those that isolate it.
     */
    constructor(private readonly environment: Record<string, string> = {}) {
        this.base = mkdtempSync(join(tmpdir(), "tenant-hypervisors-"));
        this.root = join(this.base, "project");
        for (const folder of ["project", "state", "home"]) {
            mkdirSync(join(this.base, folder));
        }
        makePulumiHome(this.pulumiHome);
        Object.entries(environment).forEach(([name, value]) => this.addSecret(name, value));
    }

    /** Has the CLI keep its own log from now on, as a person's does. */
    keepLog(): void {
        rmSync(join(this.pulumiHome, LOGS), { recursive: true });
    }

    /** Folder that Pulumi keeps its own things in. */
    private get pulumiHome(): string {
        return join(this.base, "home", ".pulumi");
    }

    private addSecret(name: string, value: string): void {
        if (SECRET.test(name)) {
            // Of a token, the name before the secret is no secret.
            this.scan.add(value.slice(value.indexOf("=") + 1));
        }
    }

    /** @throws Error where a secret stands in the state, in Pulumi's home, or was said or in a command line of a run. */
    expectNoSecrets(): void {
        ["state", "home", "project"].forEach((folder) => this.scan.files(join(this.base, folder)));
        this.scan.expectNothing();
    }

    setVariable(name: string, value: string): void {
        this.addSecret(name, value);
        this.environment[name] = value;
    }

    /** Removes the project with its state. */
    remove(): void {
        rmSync(this.base, { recursive: true, force: true });
    }

    /**
     * Ends the command that runs now as a terminal's Ctrl-C does, with all that it started, which lets the CLI end its
     * plugins; later ones are refused, so that whoever waits for a command gets to its clean-up.
     */
    interrupt(): void {
        this.interrupted = true;
        const { running } = this;
        if (running?.pid !== undefined && running.exitCode === null && running.signalCode === null) {
            process.kill(-running.pid, "SIGINT");
        }
    }

    /** Runs a command that must succeed. */
    async succeed(args: readonly string[]): Promise<CliResult> {
        const result = await this.run([...args, "--non-interactive"]);
        if (result.exitCode !== 0) {
            throw new Error(`pulumi ${args.join(" ")} ended with ${result.exitCode}:\n${result.output}`);
        }
        return result;
    }

    /** Makes an empty stack, whose secrets a passphrase of the environment encrypts, or what labs have. */
    async makeStack(stack: string): Promise<void> {
        const words = "PULUMI_CONFIG_PASSPHRASE" in this.environment ? [] : labKeys().words;
        await this.succeed(["stack", "init", stack, ...words]);
    }

    /** Encrypts a value into the stack's configuration; on its way it is in no command line. */
    async setSecret(stack: string, key: string, value: string): Promise<void> {
        this.scan.add(value);
        const args = ["config", "set", "--secret", "--stack", stack, key, "--non-interactive"];
        const { exitCode, output } = await this.program("pulumi", args, {}, value);
        if (exitCode !== 0) {
            throw new Error(`pulumi config set ${key} ended with ${exitCode}:\n${output}`);
        }
    }

    /** Kills the command that runs now. */
    kill(): void {
        this.running?.kill("SIGKILL");
    }

    /** Runs a command of the CLI in the project's folder. */
    run(args: readonly string[], extra: Readonly<Record<string, string>> = {}): Promise<CliResult> {
        return this.program("pulumi", [...args, "--color", "never"], extra);
    }

    /** Runs a program in the project's folder, in the same isolation. */
    program(
        program: string,
        args: readonly string[],
        extra: Readonly<Record<string, string>> = {},
        input?: string,
    ): Promise<CliResult> {
        if (this.interrupted) {
            return Promise.reject(new Error("interrupted"));
        }
        return new Promise((done, reject) => {
            const child = spawn(program, args, {
                cwd: this.root,
                // Away from the terminal, whose Ctrl-C reaches it through interrupt() once, not twice.
                detached: true,
                env: { ...this.variables(), ...extra },
                stdio: [input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
            });
            child.stdin?.end(input);
            this.running = child;
            const unwatch = this.scan.watchProcesses();
            let stdout = "";
            let output = "";
            child.stdout!.setEncoding("utf8").on("data", (chunk: string) => {
                stdout += chunk;
                output += chunk;
            });
            child.stderr!.setEncoding("utf8").on("data", (chunk: string) => (output += chunk));
            child.on("error", reject);
            child.on("close", (code) => {
                this.running = undefined;
                unwatch();
                this.scan.output(output, `the output of ${args.slice(0, 2).join(" ")}`);
                done({ exitCode: code ?? -1, stdout, output });
            });
        });
    }

    /** The environment of every run. */
    variables(): NodeJS.ProcessEnv {
        return {
            ...labEnvironment(),
            PATH: `${BIN}${delimiter}${process.env["PATH"] ?? ""}`,
            HOME: join(this.base, "home"),
            PULUMI_HOME: this.pulumiHome,
            PULUMI_BACKEND_URL: `file://${join(this.base, "state")}`,
            ...labKeys().environment,
            PULUMI_SKIP_UPDATE_CHECK: "true",
            // As make has them.
            GOGC: "400",
            GOMEMLIMIT: "1GiB",
            PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
            ...this.environment,
        };
    }
}
