import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { collectionInfo } from "../../../definitions/collection/read";
import { Refusal } from "../../../definitions/refusal";

/** A file of a collection, by its path in it. */
export interface CollectionFile {
    readonly path: string;
    readonly text: string;
}

/** Text of a collection: its roles and its filters. */
export interface CollectionText {
    readonly namespace: string;
    readonly name: string;
    readonly version: string;
    readonly files: readonly CollectionFile[];
}

/** Parts of a collection that say what becomes of a variable. */
const PARTS = /^(roles\/[^/]+\/(tasks|defaults|vars|templates|handlers)\/.+|plugins\/filter\/[^/]+\.py)$/;

/**
 * Reads what becomes of variables in a collection.
 *
 * @param source what a person calls it.
 * @throws Refusal where the folder holds no collection.
 */
export function readCollection(folder: string, source: string): CollectionText {
    const info = collectionInfo(folder);
    if (info === undefined) {
        throw new Refusal(`${source}: neither galaxy.yml nor MANIFEST.json names a namespace and a name`);
    }
    const paths = readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
        .filter((path) => PARTS.test(path))
        .sort();
    const files = paths.map((path) => ({ path, text: readFileSync(join(folder, path), "utf8") }));
    const { namespace, name, version } = info;
    return { namespace, name, version, files };
}
