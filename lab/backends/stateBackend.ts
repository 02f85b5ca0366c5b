import type { ChildProcess } from "node:child_process";
import { closeSync, openSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { untilReady } from "../ports";
import { powerOff } from "../processes";

/** A real server that states are kept in, on loopback only, with a temporary folder that is gone when this process ends. */
export abstract class StateBackend {
    /** Variables with which Pulumi keeps its states there. */
    abstract readonly environment: Readonly<Record<string, string>>;
    private child: ChildProcess | undefined;

    protected constructor(
        protected readonly folder: string,
        protected readonly port: number,
    ) {
        process.once("exit", () => this.end());
    }

    /** Ends the server in the middle of what it does, as a machine that loses its power, and starts it again. */
    async restart(): Promise<void> {
        await this.powerOff();
        await this.boot();
    }

    async stop(): Promise<void> {
        await this.powerOff();
        this.end();
    }

    /** Starts the server, which writes what it has to say to the file descriptor. */
    protected abstract run(log: number): ChildProcess;

    protected abstract answers(): boolean | Promise<boolean>;

    /** Milliseconds that a start may take. */
    protected abstract readonly startTimeout: number;

    /** Kills the server, with all that belongs to it. */
    protected kill(child: ChildProcess): void {
        child.kill("SIGKILL");
    }

    protected async boot(): Promise<void> {
        const file = join(this.folder, "log");
        const log = openSync(file, "a");
        const child = this.run(log);
        closeSync(log);
        this.child = child;
        const ended = () => (child.exitCode === null ? undefined : readFileSync(file, "utf8"));
        await untilReady(() => this.answers(), this.startTimeout, ended);
    }

    private async powerOff(): Promise<void> {
        const { child } = this;
        this.child = undefined;
        await powerOff(child, (running) => this.kill(running));
    }

    private end(): void {
        if (this.child !== undefined) {
            this.kill(this.child);
        }
        rmSync(this.folder, { recursive: true, force: true });
    }
}
