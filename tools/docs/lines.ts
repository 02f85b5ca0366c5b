/** A line of a page. */
export interface Line {
    readonly number: number;
    readonly line: string;
    /** Whether it stands in a fenced block, or is its fence. */
    readonly fenced: boolean;
    /** The line without code: nothing of a fenced one. */
    readonly prose: string;
}

/** Lines of a Markdown page, with what of them is prose. */
export function linesOf(text: string): Line[] {
    let fence: string | undefined;
    return text.split("\n").map((line, at) => {
        const found = /^ *(`{3,})/.exec(line)?.[1];
        const fenced = fence !== undefined || found !== undefined;
        fence = found === undefined ? fence : fence === undefined ? found : fence === found ? undefined : fence;
        return { number: at + 1, line, fenced, prose: fenced ? "" : line.replace(/`[^`]*`/g, "`code`") };
    });
}
