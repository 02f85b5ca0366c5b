import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";

/** Folder of the project. */
export const PROJECT_ROOT = resolve(__dirname, "../../..");

/** The runbook test that runs the commands of a page, by page: a page with commands that is not here fails the tests. */
export const RUNBOOKS: Readonly<Record<string, string>> = {
    "README.md": "readme.test.ts",
    "docs/churn.md": "../churn.test.ts",
    "docs/backups.md": "backups.test.ts",
    "docs/bring-up-dvnt.md": "dvnt.test.ts",
    "docs/commands.md": "readme.test.ts",
    "docs/drift.md": "daily.test.ts",
    "docs/first-substrate.md": "firstSubstrate.test.ts",
    "docs/map.md": "daily.test.ts",
    "docs/move-tenant.md": "dvnt.test.ts",
    "docs/outputs.md": "daily.test.ts",
    "docs/recover.md": "daily.test.ts",
    "docs/router.md": "readme.test.ts",
    "docs/rotate.md": "firstSubstrate.test.ts",
    "docs/snapshots.md": "../snapshots.test.ts",
    "docs/state.md": "../state.test.ts",
    "docs/substrate.md": "readme.test.ts",
    "docs/tenants.md": "daily.test.ts",
    "docs/tour.md": "tour.test.ts",
    "docs/upgrade.md": "daily.test.ts",
    "docs/upgrade-pve.md": "daily.test.ts",
    "docs/walls.md": "readme.test.ts",
};

/** The page whose blocks the README shows some of. */
export const TOUR = "docs/tour.md";

/** Blocks of commands of a page that a test is to run. */
export function commandsOf(page: string): Block[] {
    return blocksIn(readPage(page)).filter(({ language, byHand }) => language === "sh" && byHand === undefined);
}

/** A fenced block of a page. */
export interface Block {
    /** Word after the fence: `sh` for commands. */
    readonly language: string;
    /** Text of it, without its indentation. */
    readonly text: string;
    /** Line of its fence in the page. */
    readonly line: number;
    /** Why no test can run it, where the page says so. */
    readonly byHand?: string;
}

const FENCE = /^( *)(`{3,})(\S*)$/;
const BY_HAND = /^ *<!-- by hand: (.+) -->$/;

/** The fenced blocks of a page, in their order. */
export function blocksIn(page: string): Block[] {
    const lines = page.split("\n");
    const blocks: Block[] = [];
    for (let at = 0; at < lines.length; at++) {
        const [, indent, fence, language] = FENCE.exec(lines[at]!) ?? [];
        if (fence === undefined) {
            continue;
        }
        const end = lines.findIndex((line, n) => n > at && line.trim() === fence);
        if (end < 0) {
            throw new Error(`line ${at + 1}: the block has no end`);
        }
        const byHand = BY_HAND.exec(lines[at - 1] ?? "")?.[1];
        const text = lines.slice(at + 1, end).map((line) => line.slice(indent!.length));
        blocks.push({ language: language!, text: `${text.join("\n")}\n`, line: at + 1, ...(byHand && { byHand }) });
        at = end;
    }
    return blocks;
}

/**
 * Lines of blocks by indentation alone, which say of themselves neither that they are commands nor that they are none. A
 * line that goes on with a list's item is indented by three, or by what stands before it.
 */
export function bareBlocks(page: string): number[] {
    const lines = page.split("\n");
    const fenced = new Set(blocksIn(page).flatMap(({ line, text }) => range(line, line + text.split("\n").length)));
    let item = 0;
    return lines.flatMap((line, at) => {
        const indent = /^ */.exec(line)![0].length;
        item = /^ *([*-]|\d+\.) /.test(line) ? indent + 2 : indent === 0 && line !== "" ? 0 : item;
        const bare = line.trim() !== "" && indent >= item + 4 && (lines[at - 1] ?? "").trim() === "";
        return bare && !fenced.has(at + 1) ? [at + 1] : [];
    });
}

function range(from: number, to: number): number[] {
    return Array.from({ length: to - from }, (_, n) => from + n);
}

/** Every page of the project, by its path. */
export function pages(): string[] {
    return filesOfProject().filter((file) => /^(README|CONTRIBUTING|docs\/[^/]+|lab\/README)\.md$/.test(file));
}

export function readPage(page: string): string {
    return readFileSync(join(PROJECT_ROOT, page), "utf8");
}

/** Files that git keeps of the project, or would: neither tools nor a person's own state. */
export function filesOfProject(): string[] {
    const list = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
    return execFileSync("git", list, { cwd: PROJECT_ROOT, encoding: "utf8" }).split("\0").filter(Boolean);
}
