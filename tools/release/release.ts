import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Name of the archive, and of the folder in it. */
const NAME = "tenant-hypervisors";
const UNRELEASED = "HEAD (Unreleased)";

/** A release that cannot be made; its message is a person's. */
export class ReleaseError extends Error {}

/**
 * Tags the commit that is checked out as the version of package.json, and writes what is published of it into a folder.
 *
 * @param sbom writes the bills of materials into a folder.
 * @returns the tag.
 * @throws ReleaseError where the tree is not clean, the changelog is not ready or the tag is there; nothing was made then.
 */
export async function release(root: string, output: string, sbom: (folder: string) => Promise<void>): Promise<string> {
    const git = (...args: string[]) => execFileSync("git", args, { cwd: root, encoding: "utf8" });
    const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
    const notes = notesOf(readFileSync(join(root, "CHANGELOG.md"), "utf8"), version);
    const tag = `v${version}`;
    if (git("status", "--porcelain") !== "") {
        throw new ReleaseError("the tree is not clean: commit what is to be in the release, or stash it");
    }
    if (git("tag", "--list", tag) !== "") {
        throw new ReleaseError(
            `${tag} is there: raise version in package.json, and name the section of the changelog so`,
        );
    }
    mkdirSync(output, { recursive: true });
    if (readdirSync(output).length > 0) {
        throw new ReleaseError(`${output} is not empty: name another folder`);
    }
    await sbom(output);
    const archive = join(output, `${NAME}-${version}.tar.gz`);
    git("archive", "--format=tar.gz", `--prefix=${NAME}-${version}/`, `--output=${archive}`, "HEAD");
    writeFileSync(join(output, "NOTES.md"), notes);
    writeFileSync(join(output, "SHA256SUMS"), sumsOf(output));
    // Last: a tag stays where something before it failed.
    git("tag", "--annotate", tag, "--message", `${NAME} ${version}`);
    return tag;
}

/** The changelog's section of a version. @throws ReleaseError where there is none, or something is not in it yet. */
export function notesOf(changelog: string, version: string): string {
    const sections = new Map(
        changelog
            .split(/^## /m)
            .slice(1)
            .map((section) => {
                const end = section.indexOf("\n");
                return [section.slice(0, end).trim(), section.slice(end).trim()] as const;
            }),
    );
    const waiting = sections.get(UNRELEASED) ?? "";
    const [, notes] = [...sections].find(([title]) => title.split(" ")[0] === version) ?? [];
    if (notes === undefined) {
        throw new ReleaseError(
            `CHANGELOG.md has no section ${version}: put a heading "## ${version} (date)" above what is in it, below an empty "## ${UNRELEASED}"`,
        );
    }
    if (waiting !== "") {
        throw new ReleaseError(
            `CHANGELOG.md has lines below "${UNRELEASED}": move them into ${version}, or raise the version`,
        );
    }
    return `${notes}\n`;
}

/** Lines of sha256sum for each file of a folder. */
function sumsOf(folder: string): string {
    return readdirSync(folder)
        .sort()
        .map(
            (file) =>
                `${createHash("sha256")
                    .update(readFileSync(join(folder, file)))
                    .digest("hex")}  ${file}\n`,
        )
        .join("");
}
