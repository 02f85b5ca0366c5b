import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { extract } from "tar";
import { isGit } from "../../substrate/baseline";
import { environmentFor } from "../../definitions/childEnvironment";
import type { CollectionDefinition } from "../../definitions/definitions";
import { parseYaml } from "../../definitions/yaml";
import { HostError } from "../error";

/** Where collections of git repositories are kept between runs, relative to the project. */
const CACHE = ".baseline/collections";

/**
 * Puts a collection where Ansible looks for it below a folder: ansible_collections/<namespace>/<name>.
 *
 * @param root folder of the project, which a relative source starts at.
 * @throws HostError where the source is not there, or no collection.
 */
export async function placeCollection(root: string, collection: CollectionDefinition, folder: string): Promise<void> {
    const work = mkdtempSync(join(tmpdir(), "collection-"));
    try {
        const source = await unpacked(root, collection, work);
        const [namespace, name] = nameOf(source, collection.source);
        const target = join(folder, "ansible_collections", namespace, name);
        mkdirSync(target, { recursive: true });
        // A repository's own history and an editor's files are no part of it.
        cpSync(source, target, {
            recursive: true,
            filter: (path) => !/^(\.git|\.vscode|__pycache__)$/.test(basename(path)),
        });
    } finally {
        rmSync(work, { recursive: true, force: true });
    }
}

async function unpacked(root: string, { source, version }: CollectionDefinition, work: string): Promise<string> {
    if (isGit(source)) {
        return cloned(root, source, version!);
    }
    const path = resolve(root, source);
    if (!existsSync(path)) {
        throw new HostError(`collection ${source}: there is no such file or folder (${path})`);
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

/** One exact version of a repository, which is fetched once. */
function cloned(root: string, url: string, version: string): string {
    const key = createHash("sha256").update(`${url}@${version}`).digest("hex").slice(0, 16);
    const kept = join(root, CACHE, key);
    if (!existsSync(kept)) {
        const partial = `${kept}.${process.pid}`;
        mkdirSync(partial, { recursive: true });
        try {
            git(partial, url, ["init", "--quiet"]);
            git(partial, url, ["fetch", "--quiet", "--depth", "1", url, version]);
            git(partial, url, ["checkout", "--quiet", "FETCH_HEAD"]);
            renameSync(partial, kept);
        } finally {
            rmSync(partial, { recursive: true, force: true });
        }
    }
    return kept;
}

function git(cwd: string, url: string, args: readonly string[]): void {
    try {
        // No question can be answered here, so a repository that asks for a password fails at once.
        const env = { ...environmentFor("git"), GIT_TERMINAL_PROMPT: "0" };
        execFileSync("git", ["-c", "advice.detachedHead=false", ...args], {
            cwd,
            env,
            stdio: ["ignore", "ignore", "pipe"],
        });
    } catch (error) {
        const told = String((error as { stderr?: Buffer }).stderr ?? error).trim();
        throw new HostError(`collection ${withoutLogin(url)}: git ${args[0]} failed: ${withoutLogin(told)}`);
    }
}

/** A URL may carry a login, which no message shows. */
function withoutLogin(text: string): string {
    return text.replace(/\/\/[^/@\s]+@/g, "//");
}

/** Namespace and name, as galaxy.yml of a source folder or MANIFEST.json of an archive has them. */
function nameOf(folder: string, source: string): [string, string] {
    const info = manifestOf(folder) ?? {};
    const names = [info["namespace"], info["name"]].map((name) => (typeof name === "string" ? name : ""));
    if (!names.every((name) => /^[a-z_][a-z0-9_]*$/.test(name))) {
        throw new HostError(
            `collection ${withoutLogin(source)}: neither galaxy.yml nor MANIFEST.json names a namespace and a name, so it is no ` +
                "Ansible collection",
        );
    }
    return names as [string, string];
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
