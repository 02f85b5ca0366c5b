/** How far clocks may be apart, in minutes. */
const TOLERANCE_MINUTES = 5;

/** Times of others, beside this machine's. */
export interface Clocks {
    /** This machine's. */
    readonly now: Date;
    /** Time of each node by its name; undefined where it told none. */
    readonly nodes: readonly (readonly [node: string, time: Date | undefined])[];
    /** The last moment that the state tells of; undefined for an empty one. */
    readonly newest: Date | undefined;
}

/** Reasons not to believe this machine's clock, in words; none where it agrees with the nodes' and is not behind the state's. */
export function clockFaults({ now, nodes, newest }: Clocks): string[] {
    const apart = (time: Date) => Math.round((time.getTime() - now.getTime()) / 60_000);
    const told = nodes.flatMap(([node, time]) => {
        if (time === undefined) {
            return [`node ${node} told no time`];
        }
        const minutes = apart(time);
        const way = minutes > 0 ? "ahead of" : "behind";
        return Math.abs(minutes) > TOLERANCE_MINUTES
            ? [`the clock of node ${node} is ${Math.abs(minutes)} minutes ${way} this machine's, ${now.toISOString()}`]
            : [];
    });
    const behind = newest !== undefined && apart(newest) > TOLERANCE_MINUTES;
    return behind
        ? [...told, `the state tells of ${newest.toISOString()}, and this machine's clock says ${now.toISOString()}`]
        : told;
}
