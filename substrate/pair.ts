/** Whether a row on the router is what was declared, by one of the ways to tell. */
export type Same<D, R> = (declared: D, row: R) => boolean;

/** Which row each declared thing is, and the rows that are none of them, in the order in which they were given. */
export interface Paired<D, R> {
    readonly rows: ReadonlyMap<D, R>;
    readonly free: ReadonlySet<R>;
}

/**
 * Pairs what is declared with rows, the surest way first: what one way finds no row for is left to the next, and a row is
 * one thing at the most.
 */
export function pair<D, R>(declared: readonly D[], rows: Iterable<R>, ways: readonly Same<D, R>[]): Paired<D, R> {
    const paired = new Map<D, R>();
    const free = new Set(rows);
    for (const same of ways) {
        for (const one of declared.filter((thing) => !paired.has(thing))) {
            const row = [...free].find((candidate) => same(one, candidate));
            if (row !== undefined) {
                paired.set(one, row);
                free.delete(row);
            }
        }
    }
    return { rows: paired, free };
}
