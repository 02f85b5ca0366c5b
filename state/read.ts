import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Refusal } from "../definitions/refusal";

/** Who holds a stack, as Pulumi writes it into the lock. */
export interface Lock {
    readonly pid: number;
    readonly username: string;
    readonly hostname: string;
    readonly timestamp: string;
}

/** Pulumi's folder in the state's, where the backend is a folder that holds something; undefined for other backends. */
export function stateFolder(url: string): string | undefined {
    if (!url.startsWith("file://")) {
        return undefined;
    }
    const path = url.startsWith("file://~") ? url.replace("file://~", process.env["HOME"] ?? "") : fileURLToPath(url);
    const folder = join(path, ".pulumi");
    return existsSync(folder) ? folder : undefined;
}

/** Locks on a stack in Pulumi's folder. */
export function locksIn(folder: string, stack: string): Lock[] {
    const locks = join(folder, "locks");
    if (!existsSync(locks)) {
        return [];
    }
    return readdirSync(locks, { recursive: true, encoding: "utf8" })
        .filter((file) => file.endsWith(".json") && file.split("/").at(-2) === stack)
        .map((file) => lockIn(readFileSync(join(locks, file), "utf8"), join(locks, file)));
}

/** @throws Refusal where a file is no lock as Pulumi writes it: who holds the stack cannot be told. */
function lockIn(text: string, file: string): Lock {
    const lock = isJson(text) ? (JSON.parse(text) as Partial<Lock> | null) : null;
    if (typeof lock?.pid !== "number" || typeof lock.hostname !== "string") {
        throw new Refusal(
            `${file} is no lock as Pulumi writes it, so that nobody can tell whether a run holds the stack: where none is under ` +
                "way, remove that file.",
        );
    }
    const { username = "somebody", timestamp = "some time" } = lock;
    return { pid: lock.pid, hostname: lock.hostname, username, timestamp };
}

/**
 * Removes what a CLI that was killed while it wrote a stack's files left of them: temporary files, and attributes that
 * were cut off. Pulumi's files are renamed into place whole, but gocloud's fileblob writes the attributes beside each in
 * place, and with empty ones Pulumi reads the file no more ("failed to load checkpoint: EOF"); without any it does.
 *
 * Only for a stack that no process holds, since one that writes now has such files for a moment.
 *
 * @returns what was removed, in words.
 */
export function removeTornFiles(folder: string, stack: string): string[] {
    return readdirSync(folder, { recursive: true, encoding: "utf8" })
        .filter((file) => isOf(stack, file) && isTorn(join(folder, file)))
        .map((file) => {
            rmSync(join(folder, file));
            return `${basename(file)}, which a run was writing when it ended, is removed`;
        });
}

/** Checkpoints bear the stack's name; locks, history and backups stand in a folder of that name. */
function isOf(stack: string, file: string): boolean {
    return basename(dirname(file)) === stack || basename(file).startsWith(`${stack}.json.`);
}

function isTorn(path: string): boolean {
    return path.endsWith(".tmp") || (path.endsWith(".attrs") && !isJson(readFileSync(path, "utf8")));
}

function isJson(text: string): boolean {
    try {
        JSON.parse(text);
        return true;
    } catch {
        return false;
    }
}
