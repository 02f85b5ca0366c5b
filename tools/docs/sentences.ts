import { linesOf } from "./lines";

/** Most words of a sentence; one that needs more is two. */
const WORDS_MAX = 40;

/** Sentences of a page that are too long, one line each with file, line of the paragraph, and how they begin. */
export function sentenceFaults(page: string, text: string): string[] {
    return paragraphsOf(text).flatMap(({ number, prose }) =>
        prose
            .replace(/\]\([^)]*\)/g, "]")
            .split(/(?<=[.!?:]["*)_]*)\s+(?=\S)/u)
            .map((sentence) => sentence.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word)))
            .filter(({ length }) => length > WORDS_MAX)
            .map(
                (words) =>
                    `${page}:${number} "${words.slice(0, 6).join(" ")} ...": ${words.length} words; write two sentences`,
            ),
    );
}

/** Paragraphs, items of lists and cells of tables, with the lines that they begin on. */
function paragraphsOf(text: string): { number: number; prose: string }[] {
    const found: { number: number; prose: string }[] = [];
    let open = false;
    for (const { number, fenced, prose } of linesOf(text)) {
        const words = prose.trim();
        const begins = /^([-*] |\d+\. |#|\||<!--)/.test(words);
        if (fenced || words === "") {
            open = false;
        } else if (words.startsWith("|")) {
            words.split("|").forEach((cell) => found.push({ number, prose: cell.trim() }));
            open = false;
        } else if (open && !begins) {
            const last = found[found.length - 1]!;
            found[found.length - 1] = { ...last, prose: `${last.prose} ${words}` };
        } else {
            found.push({ number, prose: words });
            open = !words.startsWith("#") && !words.startsWith("<!--");
        }
    }
    return found;
}
