import type { Times } from "./plot";
import type { Spread } from "./results";
import { TITLES } from "./report";
import { SIDES, STEPS, type SideName } from "./side";

/**
 * Wall times in the tables of a report (reportOf), from which the page's plot is drawn: plot and tables are then the same
 * figures, and a new way of plotting needs no new benchmark.
 *
 * @throws RangeError for a step's row without figures.
 */
export function timesInTables(report: string): Times[] {
    const times: Times[] = [];
    let vms: number | undefined;
    let sides: (SideName | undefined)[] = [];
    for (const line of report.split("\n")) {
        const title = /^\*\*(\d+) VMs?\*\*$/.exec(line);
        const cells = line.split("|").map((cell) => cell.trim());
        const step = STEPS.find((name) => name === cells[1]);
        if (title !== null) {
            vms = Number(title[1]);
        } else if (line.startsWith("**")) {
            vms = undefined;
        } else if (cells[1] === "step") {
            sides = cells.map((cell) => SIDES.find((side) => cell === `${TITLES[side]}: wall s`));
        } else if (step !== undefined && vms !== undefined) {
            const of = sides.flatMap((side, at) => (side === undefined ? [] : [[side, spreadIn(cells[at]!)] as const]));
            times.push({ vms, step, sides: Object.fromEntries(of) });
        }
    }
    return times;
}

/** A cell as `1.30 (1.26-1.52) **0.98**`, or one figure for a single run. */
function spreadIn(cell: string): Spread {
    const [, median, , min, max] = /^([\d.]+)( \(([\d.]+)-([\d.]+)\))?( \*\*[\d.]+\*\*)?$/.exec(cell) ?? [];
    if (median === undefined) {
        throw new RangeError(`no figure in the cell ${JSON.stringify(cell)}`);
    }
    return { median: Number(median), min: Number(min ?? median), max: Number(max ?? median) };
}
