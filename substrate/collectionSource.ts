import type { CollectionDefinition } from "../definitions/definitions";

/** Kind of place that a collection comes from: what is at hand, or what is fetched once, at an exact version. */
export type SourceKind = "path" | "git" | "galaxy";

/** A collection's name as Galaxy has it (ansible/ansible, lib/ansible/galaxy/data/collections_galaxy_meta.yml). */
const NAME = /^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$/;

/** A whole version, as Galaxy's are: ansible-galaxy takes a range or a part of one for a wish, and the newest that fits. */
const EXACT = /^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/;

/**
 * Kind of a collection's source. A name with a dot is Galaxy's where it stands with a version, and else a folder or an archive, as `./` says
 * of any.
 */
export function kindOf({ source, version }: CollectionDefinition): SourceKind {
    if (/^(https?|ssh|git|file):\/\/|^[\w.-]+@[\w.-]+:/.test(source)) {
        return "git";
    }
    return version !== undefined && NAME.test(source) ? "galaxy" : "path";
}

/** Why a collection cannot be had as it is declared, in words; undefined where it can. */
export function sourceFault(collection: CollectionDefinition): string | undefined {
    const { version } = collection;
    switch (kindOf(collection)) {
        case "git":
            return version === undefined
                ? "version is missing: a git repository is taken at an exact tag or commit"
                : undefined;
        case "galaxy":
            return EXACT.test(version!)
                ? undefined
                : `version: ${version!} is no exact version of Galaxy, such as 1.5.4; a folder is ./${collection.source}`;
        case "path":
            return undefined;
    }
}
