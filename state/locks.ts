import { hostname } from "node:os";
import { definitions } from "../definitions/project/read";
import { Refusal } from "../definitions/refusal";
import { attempt, encryptedAs, pulumi, stateBackend } from "./client";
import { endOrphans, isPulumi } from "./orphans/read";
import { locksIn, removeTornFiles, stateFolder, type Lock } from "./read";

/**
 * Releases the locks that a process of this machine which is gone left on a stack, ends the plugins that it left, and removes
 * the files that it left half written, where the backend is a folder. Pulumi Cloud ends such locks itself.
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
    const locks = !backend.startsWith("file:") ? locksTold(stack) : folder === undefined ? [] : locksIn(folder, stack);
    const taken = locks.filter((lock) => lock.hostname !== hostname() || isPulumi(lock.pid));
    if (taken.length > 0) {
        const who = taken
            .map((lock) => `${lock.username}@${lock.hostname} (pid ${lock.pid}, ${lock.timestamp})`)
            .join(", ");
        throw new Refusal(`${stack} is held by ${who}. Wait for that run to end; if it never will, \`pulumi cancel\`.`);
    }
    // Before the lock goes: what a killed run left may still be at work.
    const orphans = endOrphans(definitions());
    const torn = folder === undefined ? [] : removeTornFiles(folder, stack);
    if (locks.length > 0) {
        pulumi("cancel", "--yes", "--stack", stack);
    }
    const released = locks.map(
        ({ pid, timestamp }) => `the lock of process ${pid}, which is gone since ${timestamp}, is released`,
    );
    return [...orphans, ...torn, ...released];
}

/** A lock as the CLI tells of it. */
const TOLD = /created by (?<username>.+)@(?<hostname>\S+) \(pid (?<pid>\d+)\) at (?<timestamp>\S+)/g;

/**
 * The locks of a stack in a backend that only Pulumi itself can look into, such as a database. It tells of them where it
 * would lock the stack: for one that is there, `stack init` does so, and then changes nothing.
 */
function locksTold(stack: string): Lock[] {
    const { stderr } = attempt("stack", "init", stack, "--no-select", ...encryptedAs(stack), "--color", "never");
    const locks = [...stderr.matchAll(TOLD)].map(({ groups }) => ({
        ...(groups as unknown as Omit<Lock, "pid">),
        pid: Number(groups!["pid"]),
    }));
    if (locks.length === 0 && !stderr.includes("already exists")) {
        throw new Refusal(`${stack}: whether a run holds it cannot be told: ${stderr}`);
    }
    return locks;
}
