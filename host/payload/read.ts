import { createHash } from "node:crypto";
import {
    cpSync,
    existsSync,
    mkdirSync,
    mkdtempSync,
    readdirSync,
    readFileSync,
    renameSync,
    rmSync,
    statSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, relative, resolve } from "node:path";
import { create } from "tar";
import type { Baseline } from "../../substrate/substrate";
import { collectionFaults, type PlacedCollection } from "../collections/check";
import { placeCollection, readPlaced } from "../collections/client";
import { HostError } from "../error";

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
 * @throws HostError where a collection or the inventory cannot be had, and with all that would fail on the host for them.
 */
export async function pack(root: string, baseline: Baseline): Promise<Payload> {
    const work = mkdtempSync(join(tmpdir(), "payload-"));
    try {
        const content = join(work, "content");
        for (const part of PARTS) {
            cpSync(join(root, "host", "ansible", part), join(content, part), { recursive: true });
        }
        const placed: PlacedCollection[] = [];
        for (const collection of baseline.collections) {
            const folder = await placeCollection(root, collection, join(content, "collections"));
            placed.push(readPlaced(folder, collection.source));
        }
        const faults = collectionFaults(placed, baseline);
        if (faults.length > 0) {
            throw new HostError(faults.join("\n"));
        }
        if (baseline.inventory !== undefined) {
            placeInventory(resolve(root, baseline.inventory), join(content, "inventory"));
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

/** Beginning of a file that ansible-vault encrypted: nobody on the host has its password. */
const VAULTED = "$ANSIBLE_VAULT;";

/** Copies a site's inventory, without its vaulted files and its repository's history. */
function placeInventory(source: string, target: string): void {
    if (!existsSync(source) || !statSync(source).isDirectory()) {
        throw new HostError(`baseline.inventory: there is no folder ${source}`);
    }
    const isVaulted = (path: string) => statSync(path).isFile() && readFileSync(path, "utf8").startsWith(VAULTED);
    cpSync(source, target, {
        recursive: true,
        dereference: true,
        filter: (path) => basename(path) !== ".git" && !isVaulted(path),
    });
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
