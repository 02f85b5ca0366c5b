/**
 * Rows under their column titles and the name of their group, the columns aligned.
 *
 * @param groups name of each group, and its rows of as many cells as there are columns.
 */
export function aligned(
    columns: readonly string[],
    groups: readonly (readonly [group: string, rows: readonly (readonly string[])[]])[],
): string {
    const [title, ...lines] = alignedRows([columns, ...groups.flatMap(([, rows]) => rows)]).map((line) => `  ${line}`);
    const named = groups.flatMap(([group, rows]) => [group, ...lines.splice(0, rows.length)]);
    return [title, ...named].join("\n");
}

/** Each row as a line, with columns as wide as their longest cell; every row has as many cells as the first one. */
export function alignedRows(rows: readonly (readonly string[])[]): string[] {
    const widths = rows[0]!.map((_, column) => Math.max(...rows.map((cells) => cells[column]!.length)));
    return rows.map((cells) =>
        cells
            .map((cell, column) => cell.padEnd(widths[column]!))
            .join("  ")
            .trimEnd(),
    );
}
