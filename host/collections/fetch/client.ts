import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { environmentFor } from "../../../definitions/childEnvironment";
import type { CollectionDefinition } from "../../../definitions/definitions";
import { kindOf } from "../../../substrate/collectionSource";
import { HostError } from "../../error";

/** Where collections of git repositories and of Galaxy are kept between runs, relative to the project. */
const CACHE = ".baseline/collections";

/** Whether a collection is at hand without a network. */
export function isAtHand(root: string, collection: CollectionDefinition): boolean {
    return kindOf(collection) === "path" || existsSync(keptAt(root, collection));
}

/**
 * One exact version of a collection of a git repository or of Galaxy, which is fetched once.
 *
 * @returns its folder.
 * @throws HostError where it cannot be fetched.
 */
export async function fetched(root: string, collection: CollectionDefinition): Promise<string> {
    const kept = keptAt(root, collection);
    if (!existsSync(kept)) {
        const partial = `${kept}.${process.pid}`;
        mkdirSync(partial, { recursive: true });
        try {
            const made =
                kindOf(collection) === "git" ? cloned(partial, collection) : installed(root, partial, collection);
            renameSync(await made, kept);
        } finally {
            rmSync(partial, { recursive: true, force: true });
        }
    }
    return kept;
}

/** Where one version is kept. */
function keptAt(root: string, { source, version }: CollectionDefinition): string {
    return join(root, CACHE, createHash("sha256").update(`${source}@${version!}`).digest("hex").slice(0, 16));
}

async function cloned(folder: string, { source, version }: CollectionDefinition): Promise<string> {
    for (const args of [
        ["init", "--quiet"],
        ["fetch", "--quiet", "--depth", "1", source, version!],
        ["checkout", "--quiet", "FETCH_HEAD"],
    ]) {
        await run("git", ["-c", "advice.detachedHead=false", ...args], folder, source);
    }
    return folder;
}

/**
 * Has ansible-galaxy fetch a collection from the servers that it is set up with, which checks it against the server's checksum. Without
 * what it depends on: that stands in the stack file, at an exact version, too.
 */
async function installed(root: string, folder: string, { source, version }: CollectionDefinition): Promise<string> {
    const args = ["collection", "install", `${source}:${version!}`, "--no-deps", "--collections-path", folder];
    // From the project's folder, so that an ansible.cfg there counts.
    await run("ansible-galaxy", args, root, source);
    return join(folder, "ansible_collections", ...source.split("."));
}

/** Advice where a program is not there. */
const MISSING = {
    git: () => "git fetches it, and is not on PATH: install git",
    "ansible-galaxy": (source: string) =>
        "ansible-galaxy fetches it, and is not on PATH: install ansible-core, or give an archive of it, which " +
        `\`ansible-galaxy collection download --no-deps ${source}\` makes on another machine`,
};

async function run(program: keyof typeof MISSING, args: readonly string[], cwd: string, source: string): Promise<void> {
    // No question can be answered here, so a repository that asks for a password fails at once; Ansible runs in a UTF-8 locale alone.
    const answers = { GIT_TERMINAL_PROMPT: "0", LC_ALL: "C.UTF-8" };
    try {
        await promisify(execFile)(program, args, { cwd, env: { ...environmentFor(program), ...answers } });
    } catch (error) {
        const { code, stderr = String(error) } = error as { code?: string; stderr?: string };
        const step = args.find((one) => /^[a-z]+$/.test(one));
        // ansible-galaxy warns of a folder that Ansible does not look in, which it has not to.
        const reason = /ERROR[^]*$/.exec(stderr)?.[0] ?? stderr;
        const told = code === "ENOENT" ? MISSING[program](source) : `${program} ${step} failed: ${reason.trim()}`;
        throw new HostError(`collection ${withoutLogin(source)}: ${withoutLogin(told)}`);
    }
}

/** A URL may carry a login, which no message shows. */
export function withoutLogin(text: string): string {
    return text.replace(/\/\/[^/@\s]+@/g, "//");
}
