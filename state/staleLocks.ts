import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { definitions } from "../commands/cli/environment";
import { Refusal } from "../definitions/refusal";
import { removeTornFiles, stateBackend, stateFolder } from "./stateFolder";

/** Who holds a stack, as Pulumi writes it into the lock. */
interface Lock {
    readonly pid: number;
    readonly username: string;
    readonly hostname: string;
    readonly timestamp: string;
}

/**
 * Releases the locks that a process of this machine which is gone left on a stack, and the files that it left half
 * written, where the backend is a folder. Pulumi Cloud ends such locks itself.
 *
 * @returns what was released, in words.
 * @throws Refusal where a process that lives, or one of another machine, holds the stack, and where the backend cannot be
 * asked.
 */
export function releaseStack(stack: string): string[] {
    const backend = stateBackend();
    if (/^https?:/.test(backend)) {
        return [];
    }
    const folder = stateFolder(backend);
    const locks = backend.startsWith("file:") ? locksIn(folder, stack) : locksTold(stack);
    const held = locks.filter((lock) => lock.hostname !== hostname() || lives(lock.pid));
    if (held.length > 0) {
        const who = held
            .map((lock) => `${lock.username}@${lock.hostname} (pid ${lock.pid}, ${lock.timestamp})`)
            .join(", ");
        throw new Refusal(`${stack} is held by ${who}. Wait for that run to end; if it never will, \`pulumi cancel\`.`);
    }
    const torn = folder === undefined ? [] : removeTornFiles(folder, stack);
    if (locks.length > 0) {
        execFileSync("pulumi", ["cancel", "--yes", "--stack", stack], {
            cwd: definitions(),
            stdio: ["ignore", "ignore", "inherit"],
        });
    }
    const released = locks.map(
        ({ pid, timestamp }) => `the lock of process ${pid}, which is gone since ${timestamp}, is released`,
    );
    return [...torn, ...released];
}

function locksIn(folder: string | undefined, stack: string): Lock[] {
    const locks = join(folder ?? "", "locks");
    if (folder === undefined || !existsSync(locks)) {
        return [];
    }
    return readdirSync(locks, { recursive: true, encoding: "utf8" })
        .filter((file) => file.endsWith(".json") && file.split("/").at(-2) === stack)
        .map((file) => JSON.parse(readFileSync(join(locks, file), "utf8")) as Lock);
}

/** A lock as the CLI tells of it. */
const TOLD = /created by (?<username>.+)@(?<hostname>\S+) \(pid (?<pid>\d+)\) at (?<timestamp>\S+)/g;

/**
 * The locks of a stack in a backend that only Pulumi itself can look into, such as a database. It tells of them where it
 * would lock the stack: for one that is there, `stack init` does so, and then changes nothing.
 */
function locksTold(stack: string): Lock[] {
    const init = ["stack", "init", stack, "--no-select", "--non-interactive", "--color", "never"];
    const { stderr } = spawnSync("pulumi", init, {
        cwd: definitions(),
        encoding: "utf8",
        stdio: ["ignore", "ignore", "pipe"],
    });
    const locks = [...stderr.matchAll(TOLD)].map(({ groups }) => ({
        ...(groups as unknown as Omit<Lock, "pid">),
        pid: Number(groups!["pid"]),
    }));
    if (locks.length === 0 && !stderr.includes("already exists")) {
        throw new Refusal(`${stack}: whether a run holds it cannot be told: ${stderr.trim()}`);
    }
    return locks;
}

function lives(pid: number): boolean {
    try {
        process.kill(pid, 0);
        return true;
    } catch (error) {
        return (error as { code?: string }).code === "EPERM";
    }
}
