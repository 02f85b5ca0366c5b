import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Refusal } from "./command";

/** Who holds a stack of a backend that is a folder, as Pulumi writes it into the lock. */
interface Lock {
    readonly pid: number;
    readonly username: string;
    readonly hostname: string;
    readonly timestamp: string;
}

/**
 * Releases the locks that a process of this machine which is gone left on a stack, where the backend is a folder. Other
 * backends end such locks themselves, or by `pulumi cancel`.
 *
 * @returns what was released, in words.
 * @throws Refusal where a process that lives, or one of another machine, holds the stack.
 */
export function releaseStaleLocks(stack: string): string[] {
    const locks = locksOf(stack);
    const held = locks.filter((lock) => lock.hostname !== hostname() || lives(lock.pid));
    if (held.length > 0) {
        const who = held
            .map((lock) => `${lock.username}@${lock.hostname} (pid ${lock.pid}, ${lock.timestamp})`)
            .join(", ");
        throw new Refusal(`${stack} is held by ${who}. Wait for that run to end; if it never will, \`pulumi cancel\`.`);
    }
    if (locks.length > 0) {
        execFileSync("pulumi", ["cancel", "--yes", "--stack", stack], { stdio: ["ignore", "ignore", "inherit"] });
    }
    return locks.map(
        ({ pid, timestamp }) => `the lock of process ${pid}, which is gone since ${timestamp}, is released`,
    );
}

function locksOf(stack: string): Lock[] {
    const url = JSON.parse(
        execFileSync("pulumi", ["whoami", "--verbose", "--json"], {
            encoding: "utf8",
            stdio: ["ignore", "pipe", "inherit"],
        }),
    ) as { url: string };
    if (!url.url.startsWith("file://")) {
        return [];
    }
    const path = url.url.startsWith("file://~")
        ? url.url.replace("file://~", process.env["HOME"] ?? "")
        : fileURLToPath(url.url);
    const folder = join(path, ".pulumi", "locks");
    if (!existsSync(folder)) {
        return [];
    }
    return readdirSync(folder, { recursive: true, encoding: "utf8" })
        .filter((file) => file.endsWith(".json") && file.split("/").at(-2) === stack)
        .map((file) => JSON.parse(readFileSync(join(folder, file), "utf8")) as Lock);
}

function lives(pid: number): boolean {
    try {
        process.kill(pid, 0);
        return true;
    } catch (error) {
        return (error as { code?: string }).code === "EPERM";
    }
}
