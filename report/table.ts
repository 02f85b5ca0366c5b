/** Columns between two cells. */
const GAP = 2;
/** A column is never made narrower than this to have a table fit. */
const NARROWEST = 8;

/**
 * Rows under their column titles and the name of their group, the columns aligned.
 *
 * @param groups name of each group, and its rows of as many cells as there are columns.
 * @param width columns of the terminal that it is to fit; without one every row is one line.
 */
export function aligned(
    columns: readonly string[],
    groups: readonly (readonly [group: string, rows: readonly (readonly string[])[]])[],
    width = Infinity,
): string {
    const lines = blocks([columns, ...groups.flatMap(([, rows]) => rows)], width - GAP).map((block) =>
        block.map((line) => `  ${line}`),
    );
    const title = lines.shift()!;
    const named = groups.flatMap(([group, rows]) => [group, ...lines.splice(0, rows.length).flat()]);
    return [...title, ...named].join("\n");
}

/** Each row as a line, or as some where it is to fit; every row has as many cells as the first one. */
export function alignedRows(rows: readonly (readonly string[])[], width = Infinity): string[] {
    return blocks(rows, width).flat();
}

/** The lines of each row. */
function blocks(rows: readonly (readonly string[])[], width: number): string[][] {
    const longest = rows[0]!.map((_, column) => Math.max(...rows.map((cells) => cells[column]!.length)));
    const widths = fitted(longest, width);
    return rows.map((row) => {
        const cells = row.map((cell, column) => wrapped(cell, widths[column]!));
        const height = Math.max(...cells.map((lines) => lines.length));
        return Array.from({ length: height }, (_, line) =>
            cells
                .map((lines, column) => (lines[line] ?? "").padEnd(widths[column]!))
                .join(" ".repeat(GAP))
                .trimEnd(),
        );
    });
}

/** Takes from the widest columns what is too much. */
function fitted(longest: readonly number[], width: number): number[] {
    const widths = [...longest];
    const much = () => widths.reduce((sum, one) => sum + one + GAP, -GAP) - width;
    while (much() > 0 && Math.max(...widths) > NARROWEST) {
        widths[widths.indexOf(Math.max(...widths))]!--;
    }
    return widths;
}

/** A text in lines of at most so many columns, broken between words where there are any. */
function wrapped(text: string, width: number): string[] {
    const lines: string[] = [];
    let rest = text;
    while (rest.length > width) {
        const space = rest.lastIndexOf(" ", width);
        const end = space > 0 ? space : width;
        lines.push(rest.slice(0, end).trimEnd());
        rest = rest.slice(end).trimStart();
    }
    return [...lines, rest];
}
