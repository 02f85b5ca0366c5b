import {
    collectionFiles,
    collectionInfo,
    type CollectionFile,
    type CollectionInfo,
} from "../../../definitions/collection/read";
import { Refusal } from "../../../definitions/refusal";

/** Text of a collection: its roles and its filters. */
export interface CollectionText extends Omit<CollectionInfo, "dependencies"> {
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
    return { ...info, files: collectionFiles(folder, PARTS) };
}
