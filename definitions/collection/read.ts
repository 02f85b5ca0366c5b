import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { parseYaml } from "../yaml";

/** A file of a collection, by its path in it. */
export interface CollectionFile {
    readonly path: string;
    readonly text: string;
}

/** Files of a collection's folder whose paths match, in order. */
export function collectionFiles(folder: string, paths: RegExp): CollectionFile[] {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
        .filter((path) => paths.test(path))
        .sort()
        .map((path) => ({ path, text: readFileSync(join(folder, path), "utf8") }));
}

/** An Ansible collection by what it says of itself. */
export interface CollectionInfo {
    readonly namespace: string;
    readonly name: string;
    /** Empty where it says none. */
    readonly version: string;
    /** Ranges of versions by the names of the collections that it depends on, such as `>=1.5.0` by ansible.posix. */
    readonly dependencies: Readonly<Record<string, string>>;
}

/**
 * Info of a collection by galaxy.yml of its source folder or MANIFEST.json of what was built; undefined where neither names a collection.
 *
 * Both hold the same keys (ansible/ansible, lib/ansible/galaxy/data/collections_galaxy_meta.yml).
 */
export function collectionInfo(folder: string): CollectionInfo | undefined {
    const { namespace, name, version, dependencies } = manifestOf(folder) ?? {};
    const isName = (one: unknown): one is string => typeof one === "string" && /^[a-z_][a-z0-9_]*$/.test(one);
    if (!isName(namespace) || !isName(name)) {
        return undefined;
    }
    const ranges = typeof dependencies === "object" && dependencies !== null ? Object.entries(dependencies) : [];
    return {
        namespace,
        name,
        version: typeof version === "string" || typeof version === "number" ? String(version) : "",
        dependencies: Object.fromEntries(ranges.map(([other, range]) => [other, String(range ?? "*")])),
    };
}

function manifestOf(folder: string): Record<string, unknown> | undefined {
    const [galaxy, manifest] = [join(folder, "galaxy.yml"), join(folder, "MANIFEST.json")];
    if (existsSync(galaxy)) {
        return parseYaml("galaxy.yml", readFileSync(galaxy, "utf8")).value as Record<string, unknown>;
    }
    return existsSync(manifest)
        ? (JSON.parse(readFileSync(manifest, "utf8")) as { collection_info?: Record<string, unknown> }).collection_info
        : undefined;
}
