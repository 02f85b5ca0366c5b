import type { Sample } from "./series";
import { SIDES, STEPS, type SideName, type Step } from "./side";

/** Several measurements of one thing. */
export interface Spread {
    readonly median: number;
    readonly min: number;
    readonly max: number;
}

/** Cost of one step at one size for one side. */
export interface Figures {
    readonly seconds: Spread;
    readonly userSeconds: number;
    readonly peakMiB: number;
    readonly requests: number;
}

/** One step at one size, by whoever did it. */
export interface Row {
    readonly vms: number;
    readonly step: Step;
    readonly sides: Readonly<Partial<Record<SideName, Figures>>>;
}

/** Seconds as a straight line over the number of VMs. */
export interface Line {
    /** Seconds without a VM. */
    readonly fixed: number;
    /** Seconds for each VM. */
    readonly perVm: number;
    /** Share of the differences that the line explains: 1 where growth is linear. */
    readonly fit: number;
}

/** Rows by size and step, in the order of the steps. */
export function rowsOf(samples: readonly Sample[]): Row[] {
    return sizesOf(samples).flatMap((vms) =>
        STEPS.flatMap((step) => {
            const own = samples.filter((one) => one.vms === vms && one.step === step);
            const sides = SIDES.filter((side) => own.some((one) => one.side === side)).map(
                (side) => [side, figuresOf(own.filter((one) => one.side === side))] as const,
            );
            return own.length === 0 ? [] : [{ vms, step, sides: Object.fromEntries(sides) }];
        }),
    );
}

export function sizesOf(samples: readonly { readonly vms: number }[]): number[] {
    return [...new Set(samples.map(({ vms }) => vms))].sort((a, b) => a - b);
}

/** @param samples at least one. */
function figuresOf(samples: readonly Sample[]): Figures {
    const median = (of: (sample: Sample) => number) => spreadOf(samples.map(of)).median;
    return {
        seconds: spreadOf(samples.map(({ seconds }) => seconds)),
        userSeconds: median(({ cpu }) => Object.values(cpu).reduce((sum, own) => sum + own, 0)),
        peakMiB: median(({ peakMiB }) => peakMiB),
        requests: median(({ requests }) => requests),
    };
}

/** @param values at least one. */
export function spreadOf(values: readonly number[]): Spread {
    const sorted = [...values].sort((a, b) => a - b);
    const middle = Math.floor(sorted.length / 2);
    const median = sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
    return { median, min: sorted[0]!, max: sorted.at(-1)! };
}

/** The line of least squares through points; undefined for fewer than three sizes, through which any line goes. */
export function lineThrough(points: readonly (readonly [vms: number, seconds: number])[]): Line | undefined {
    if (points.length < 3) {
        return undefined;
    }
    const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    const [x, y] = [mean(points.map(([vms]) => vms)), mean(points.map(([, seconds]) => seconds))];
    const sum = (of: (vms: number, seconds: number) => number) =>
        points.reduce((total, [vms, seconds]) => total + of(vms, seconds), 0);
    const perVm = sum((vms, seconds) => (vms - x) * (seconds - y)) / sum((vms) => (vms - x) ** 2);
    const fixed = y - perVm * x;
    const unexplained = sum((vms, seconds) => (seconds - fixed - perVm * vms) ** 2);
    const all = sum((_, seconds) => (seconds - y) ** 2);
    return { fixed, perVm, fit: all === 0 ? 1 : 1 - unexplained / all };
}
