import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { extract } from "tar";
import type { CollectionDefinition } from "../../definitions/definitions";
import { collectionFiles, collectionInfo, type CollectionInfo } from "../../definitions/collection/read";
import { kindOf } from "../../substrate/collectionSource";
import type { Baseline } from "../../substrate/substrate";
import { HostError } from "../error";
import { collectionFaults, type PlacedCollection } from "./check";
import { fetched, isAtHand, withoutLogin } from "./fetch/client";

/**
 * Puts a collection where Ansible looks for it below a folder: ansible_collections/<namespace>/<name>.
 *
 * @param root folder of the project, which a relative source starts at.
 * @returns where it lies then.
 * @throws HostError where the source is not there, or no collection.
 */
export async function placeCollection(root: string, collection: CollectionDefinition, folder: string): Promise<string> {
    const work = mkdtempSync(join(tmpdir(), "collection-"));
    try {
        const source = await unpacked(root, collection, work);
        const { namespace, name } = infoOf(source, collection.source);
        const target = join(folder, "ansible_collections", namespace, name);
        mkdirSync(target, { recursive: true });
        // A repository's own history and an editor's files are no part of it.
        cpSync(source, target, {
            recursive: true,
            filter: (path) => !/^(\.git|\.vscode|__pycache__)$/.test(basename(path)),
        });
        return target;
    } finally {
        rmSync(work, { recursive: true, force: true });
    }
}

/**
 * Places a collection in a temporary folder for as long as something works with it.
 *
 * @param use is given where the collection lies, and the folder that Ansible finds it by.
 * @throws HostError as placeCollection does.
 */
export async function withCollection<T>(
    root: string,
    collection: CollectionDefinition,
    use: (folder: string, collections: string) => Promise<T> | T,
): Promise<T> {
    const collections = mkdtempSync(join(tmpdir(), "collections-"));
    try {
        return await use(await placeCollection(root, collection, collections), collections);
    } finally {
        rmSync(collections, { recursive: true, force: true });
    }
}

async function unpacked(root: string, collection: CollectionDefinition, work: string): Promise<string> {
    if (kindOf(collection) !== "path") {
        return fetched(root, collection);
    }
    const { source } = collection;
    const path = resolve(root, source);
    if (!existsSync(path)) {
        const ofGalaxy =
            kindOf({ source, version: "1.0.0" }) === "galaxy"
                ? "; Galaxy's needs a version, such as version: 1.5.4"
                : "";
        throw new HostError(`collection ${source}: there is no such file or folder (${path})${ofGalaxy}`);
    }
    if (statSync(path).isDirectory()) {
        return path;
    }
    try {
        await extract({ file: path, cwd: work, strict: true });
    } catch (error) {
        throw new HostError(`collection ${source}: it is no archive that can be read (${(error as Error).message})`);
    }
    return work;
}

/** Parts of a collection that say what it would do on a host. */
const PARTS = /^(playbooks\/.+\.ya?ml|roles\/[^/]+\/(tasks|handlers)\/.+\.ya?ml)$/;

/** A collection where placeCollection put it. */
export function readPlaced(folder: string, source: string): PlacedCollection {
    return { info: infoOf(folder, source), source: withoutLogin(source), files: collectionFiles(folder, PARTS) };
}

/**
 * Everything that would fail on the host for a baseline's collections, a line each, where all of them are at hand without a network: a
 * folder, an archive, or a version of a repository or of Galaxy that an earlier run fetched.
 *
 * @returns undefined where one of them is not.
 * @throws HostError where one cannot be read.
 */
export async function offlineFaults(root: string, baseline: Baseline): Promise<string[] | undefined> {
    const { collections } = baseline;
    if (!collections.every((collection) => isAtHand(root, collection))) {
        return undefined;
    }
    const placed: PlacedCollection[] = [];
    for (const collection of collections) {
        placed.push(await withCollection(root, collection, (folder) => readPlaced(folder, collection.source)));
    }
    return collectionFaults(placed, baseline);
}

/** Info of the collection in a folder. @throws HostError where there is none. */
function infoOf(folder: string, source: string): CollectionInfo {
    const info = collectionInfo(folder);
    if (info === undefined) {
        throw new HostError(
            `collection ${withoutLogin(source)}: neither galaxy.yml nor MANIFEST.json names a namespace and a name, so it is no ` +
                "Ansible collection",
        );
    }
    return info;
}
