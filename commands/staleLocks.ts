import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { Refusal } from "./command";
import { removeTornFiles, stateFolder } from "./stateFolder";

/** Who holds a stack of a backend that is a folder, as Pulumi writes it into the lock. */
interface Lock {
    readonly pid: number;
    readonly username: string;
    readonly hostname: string;
    readonly timestamp: string;
}

/**
 * Releases the locks that a process of this machine which is gone left on a stack, and the files that it left half
 * written, where the backend is a folder. Other backends end such locks themselves, or by `pulumi cancel`.
 *
 * @returns what was released, in words.
 * @throws Refusal where a process that lives, or one of another machine, holds the stack.
 */
export function releaseStack(stack: string): string[] {
    const folder = stateFolder();
    if (folder === undefined) {
        return [];
    }
    const locks = locksIn(folder, stack);
    const held = locks.filter((lock) => lock.hostname !== hostname() || lives(lock.pid));
    if (held.length > 0) {
        const who = held
            .map((lock) => `${lock.username}@${lock.hostname} (pid ${lock.pid}, ${lock.timestamp})`)
            .join(", ");
        throw new Refusal(`${stack} is held by ${who}. Wait for that run to end; if it never will, \`pulumi cancel\`.`);
    }
    const torn = removeTornFiles(folder, stack);
    if (locks.length > 0) {
        execFileSync("pulumi", ["cancel", "--yes", "--stack", stack], { stdio: ["ignore", "ignore", "inherit"] });
    }
    const released = locks.map(
        ({ pid, timestamp }) => `the lock of process ${pid}, which is gone since ${timestamp}, is released`,
    );
    return [...torn, ...released];
}

function locksIn(folder: string, stack: string): Lock[] {
    const locks = join(folder, "locks");
    if (!existsSync(locks)) {
        return [];
    }
    return readdirSync(locks, { recursive: true, encoding: "utf8" })
        .filter((file) => file.endsWith(".json") && file.split("/").at(-2) === stack)
        .map((file) => JSON.parse(readFileSync(join(locks, file), "utf8")) as Lock);
}

function lives(pid: number): boolean {
    try {
        process.kill(pid, 0);
        return true;
    } catch (error) {
        return (error as { code?: string }).code === "EPERM";
    }
}
