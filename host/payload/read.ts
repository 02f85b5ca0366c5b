import { createHash } from "node:crypto";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { create } from "tar";
import type { Baseline } from "../../substrate/substrate";
import { placeCollection } from "../collections/client";

/** The archive that a host is sent: the same bytes for the same content. */
export interface Payload {
    /** The archive, relative to the project. */
    readonly file: string;
    /** SHA-256 of it, in hex. */
    readonly hash: string;
}

/** Where archives are made, relative to the project; git ignores it. */
const FOLDER = ".baseline";
/** The parts of host/ansible/ that a host needs to run Ansible. */
const PARTS = ["runner.py", "baseline.yml", "callback_plugins", "roles"];

/**
 * Packs the project's own role, the runner and the baseline's collections.
 *
 * @param root folder of the project.
 * @throws HostError where a collection cannot be had.
 */
export async function pack(root: string, baseline: Baseline): Promise<Payload> {
    const work = mkdtempSync(join(tmpdir(), "payload-"));
    try {
        const content = join(work, "content");
        for (const part of PARTS) {
            cpSync(join(root, "host", "ansible", part), join(content, part), { recursive: true });
        }
        for (const collection of baseline.collections) {
            await placeCollection(root, collection, join(content, "collections"));
        }
        const made = join(work, "payload.tar");
        // Sorted, without owners and times: who packs it, and when, makes no difference.
        await create({ file: made, cwd: content, portable: true, mtime: new Date(0) }, filesIn(content));
        const hash = createHash("sha256").update(readFileSync(made)).digest("hex");
        const file = join(FOLDER, `${hash}.tar`);
        mkdirSync(join(root, FOLDER), { recursive: true });
        cpSync(made, join(root, `${file}.${process.pid}`));
        renameSync(join(root, `${file}.${process.pid}`), join(root, file));
        return { file, hash };
    } finally {
        rmSync(work, { recursive: true, force: true });
    }
}

/** The archive itself. */
export function readPayload(root: string, { file }: Payload): Buffer {
    return readFileSync(join(root, file));
}

function filesIn(folder: string): string[] {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => !entry.isDirectory() && !entry.parentPath.includes("__pycache__"))
        .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
        .sort();
}
