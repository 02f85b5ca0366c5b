/**
 * Rows under their column titles and the name of their group, the columns aligned.
 *
 * @param groups name of each group, and its rows of as many cells as there are columns.
 */
export function aligned(
    columns: readonly string[],
    groups: readonly (readonly [group: string, rows: readonly (readonly string[])[]])[],
): string {
    const lines = [columns, ...groups.flatMap(([, rows]) => rows)];
    const widths = columns.map((_, column) => Math.max(...lines.map((cells) => cells[column]!.length)));
    const shown = (cells: readonly string[]) =>
        `  ${cells.map((cell, column) => cell.padEnd(widths[column]!)).join("  ")}`.trimEnd();
    return [shown(columns), ...groups.flatMap(([group, rows]) => [group, ...rows.map(shown)])].join("\n");
}
