import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { found } from "../processes";
import type { NodeReady } from "../simulatedNode";
import type { RouterReady } from "../simulatedRouter";

/** Folder of all that a lab keeps which stays: its owner's alone, and ignored by git. */
export const SESSION = resolve(__dirname, "..", "..", ".lab");

/** Files in it. */
export const IN_SESSION = {
    /** To be sourced by a shell. */
    env: join(SESSION, "env"),
    /** Pulumi.yaml, stack files and tenants/. */
    project: join(SESSION, "project"),
    /** Certificates of the authorities that signed the node's and the router's. */
    authorities: join(SESSION, "ca.pem"),
    state: join(SESSION, "state"),
    pulumiHome: join(SESSION, "pulumi"),
    node: join(SESSION, "node"),
    router: join(SESSION, "router"),
} as const;

const RUNNING = join(SESSION, "running.json");

/** A lab that runs. */
export interface RunningLab {
    readonly pid: number;
    /** Command line of that process: another one may get its number. */
    readonly command: string;
    readonly since: string;
    /** The substrate on its machines. */
    readonly substrate: string;
    readonly node: NodeReady;
    readonly router: RouterReady;
}

/** The lab that runs now; undefined where none does. */
export function runningLab(): RunningLab | undefined {
    const lab = readJson<RunningLab>(RUNNING);
    return lab !== undefined && found(lab.pid).command === lab.command ? lab : undefined;
}

/** Says that this process is the lab that runs, until forgetRunning(). */
export function recordRunning(substrate: string, node: NodeReady, router: RouterReady): RunningLab {
    const { pid, command } = found(process.pid);
    const lab = { pid, command, since: new Date().toISOString(), substrate, node, router };
    writePrivate(RUNNING, JSON.stringify(lab));
    return lab;
}

export function forgetRunning(): void {
    rmSync(RUNNING, { force: true });
}

/** Writes a file that its owner alone may read. */
export function writePrivate(file: string, text: string): void {
    mkdirSync(SESSION, { recursive: true, mode: 0o700 });
    // The mode counts for a new file alone.
    rmSync(file, { force: true });
    writeFileSync(file, text, { mode: 0o600 });
}

/** JSON of a file of the folder; undefined where it is not there. */
export function readJson<T>(file: string): T | undefined {
    try {
        return JSON.parse(readFileSync(file, "utf8")) as T;
    } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") {
            return undefined;
        }
        throw error;
    }
}
