import { dirname, join, normalize } from "node:path";
import { linesOf } from "./lines";

/** A link or a picture of Markdown, with where it leads. */
const LINK = /!?\[(?:[^\]\\]|\\.)*\]\(([^)\s]+)\)/g;
const HEADING = /^#{1,6} +(.+?)(?: +#+)?$/;

/**
 * Relative links of pages that lead nowhere, and anchors that no heading has, one line each with file and line.
 *
 * @param pages text of each page, by its path in the project.
 * @param files every file of the project; a folder is one that holds any of them.
 */
export function linkFaults(pages: ReadonlyMap<string, string>, files: readonly string[]): string[] {
    const there = new Set(files.flatMap((file) => [file, ...foldersOf(file)]));
    return [...pages].flatMap(([page, text]) =>
        linesOf(text).flatMap(({ number, prose }) =>
            [...prose.matchAll(LINK)].flatMap(([, target]) => {
                const fault = faultOf(page, target!, pages, there);
                return fault === undefined ? [] : [`${page}:${number} ${target}: ${fault}`];
            }),
        ),
    );
}

function faultOf(
    page: string,
    target: string,
    pages: ReadonlyMap<string, string>,
    there: ReadonlySet<string>,
): string | undefined {
    if (/^[a-z]+:/.test(target)) {
        return undefined;
    }
    const [path = "", anchor] = target.split("#");
    const file = path === "" ? page : normalize(join(dirname(page), path)).replace(/\/$/, "");
    if (!there.has(file) && file !== ".") {
        return `there is no ${file}`;
    }
    const text = pages.get(file);
    return anchor === undefined || text === undefined || anchorsOf(text).has(anchor)
        ? undefined
        : `${file} has no heading #${anchor}`;
}

function foldersOf(file: string): string[] {
    const folder = dirname(file);
    return folder === "." ? [] : [folder, ...foldersOf(folder)];
}

/** Anchors that GitHub gives the headings of a page: a second one of the same words ends in -1. */
export function anchorsOf(text: string): Set<string> {
    const anchors = new Set<string>();
    for (const { line, fenced } of linesOf(text)) {
        const heading = fenced ? undefined : HEADING.exec(line)?.[1];
        if (heading !== undefined) {
            const anchor = slugOf(heading);
            const again = Array.from({ length: anchors.size + 1 }, (_, n) => (n === 0 ? anchor : `${anchor}-${n}`));
            anchors.add(again.find((one) => !anchors.has(one))!);
        }
    }
    return anchors;
}

function slugOf(heading: string): string {
    return heading
        .replace(LINK, (whole) => whole.slice(whole.indexOf("[") + 1, whole.lastIndexOf("](")))
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, "")
        .replaceAll(" ", "-");
}
