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
    return processesWhere("cwd", (path) => path.startsWith(folder));
}

/** Every process whose working directory, or whose root, is such a one. */
export function processesWhere(link: "cwd" | "root", matches: (path: string) => boolean): FoundProcess[] {
    return pids()
        .filter((pid) => matches(target(`/proc/${pid}/${link}`)))
        .map((pid) => found(Number(pid)));
}

/** Every process of a lab that has a folder: it works there, as a host's do, or was told of the folder, as a machine's. */
export function processesOf(folder: string): FoundProcess[] {
    const all = pids().map((pid) => [pid, found(Number(pid))] as const);
    return all
        .filter(([pid, { command }]) => target(`/proc/${pid}/cwd`).startsWith(folder) || command.includes(folder))
        .map(([, process]) => process);
}

/** Every process that has a file open, by what its link in /proc is called; those that may not be looked at are left out. */
export function processesWith(file: string): FoundProcess[] {
    return pids()
        .filter((pid) => filesOf(pid).includes(file))
        .map((pid) => found(Number(pid)));
}

function filesOf(pid: string): string[] {
    try {
        return readdirSync(`/proc/${pid}/fd`).map((descriptor) => target(`/proc/${pid}/fd/${descriptor}`));
    } catch {
        // It ended meanwhile, or is somebody else's.
        return [];
    }
}

function pids(): string[] {
    return readdirSync("/proc").filter((name) => /^\d+$/.test(name));
}

/** A process as /proc tells of it; one that ended meanwhile holds nothing. */
export function found(pid: number): FoundProcess {
    const pages = Number(read(`/proc/${pid}/statm`).split(" ")[1] ?? 0);
    return { pid, command: read(`/proc/${pid}/cmdline`).replaceAll("\0", " "), residentMiB: (pages * 4096) / 2 ** 20 };
}

/** The first process that a process started; undefined where that has none, or ended. */
export function firstChild(pid: number): number | undefined {
    const [first = ""] = read(`/proc/${pid}/task/${pid}/children`).trim().split(" ");
    return first === "" ? undefined : Number(first);
}

/** Kills a process, which may have ended meanwhile or be somebody else's by now. */
export function killProcess(pid: number): void {
    try {
        process.kill(pid, "SIGKILL");
    } catch (error) {
        if (!["ESRCH", "EPERM"].includes((error as NodeJS.ErrnoException).code ?? "")) {
            throw error;
        }
    }
}

function target(link: string): string {
    try {
        return readlinkSync(link);
    } catch {
        // It ended meanwhile, or is somebody else's.
        return "";
    }
}

/** Text of a file of /proc; empty for a process that ended meanwhile, or is somebody else's. */
export function read(file: string): string {
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
