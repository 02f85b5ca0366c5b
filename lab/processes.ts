import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** A process of this machine that works in a folder. */
export interface FoundProcess {
    readonly pid: number;
    readonly command: string;
    /** Memory that it holds, in MiB. */
    readonly residentMiB: number;
}

/** Every process whose working directory is in a folder; those of others that may not be looked at are left out. */
export function processesIn(folder: string): FoundProcess[] {
    const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
    return pids.filter((pid) => workingDirectory(pid).startsWith(folder)).map((pid) => found(Number(pid)));
}

/** What is known of a process; one that ended meanwhile holds nothing. */
export function found(pid: number): FoundProcess {
    const pages = Number(read(`/proc/${pid}/statm`).split(" ")[1] ?? 0);
    return { pid, command: read(`/proc/${pid}/cmdline`).replaceAll("\0", " "), residentMiB: (pages * 4096) / 2 ** 20 };
}

function workingDirectory(pid: string): string {
    try {
        return readlinkSync(`/proc/${pid}/cwd`);
    } catch {
        // It ended meanwhile, or is somebody else's.
        return "";
    }
}

function read(file: string): string {
    try {
        return readFileSync(file, "utf8");
    } catch {
        return "";
    }
}

/**
 * Takes a process away as a loss of power does, and waits until it is gone; one that is gone already is left alone.
 *
 * @param kill how, where the process passes the signal on to nobody.
 */
export async function powerOff(
    child: ChildProcess | undefined,
    kill = (one: ChildProcess): unknown => one.kill("SIGKILL"),
): Promise<void> {
    if (child !== undefined && child.exitCode === null && child.signalCode === null) {
        const gone = once(child, "exit");
        kill(child);
        await gone;
    }
}
