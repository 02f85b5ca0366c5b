import { sizesOf, type Spread } from "./results";
import { SIDES, STEPS, type SideName, type Step } from "./side";

/** Wall times of one step at one size, in seconds. */
export interface Times {
    readonly vms: number;
    readonly step: Step;
    readonly sides: Readonly<Partial<Record<SideName, Spread>>>;
}

const PANEL = { width: 250, height: 196, left: 52, top: 28, right: 16, bottom: 44 };
const COLUMNS = 3;
const FOOT = 30;
const COLOURS = { tenants: "#1f77b4", pulumi: "#9467bd", peer: "#d62728" } as const;
const NAMES = {
    tenants: "tenants",
    pulumi: "pulumi by hand",
    peer: "bpg/proxmox (Terraform)",
} as const;

/**
 * Wall time over the number of VMs, a panel for each step, as an SVG. Both axes are logarithmic, so that one VM and a hundred
 * are both read, and growth in proportion is a straight line of the same slope in every panel.
 */
export function plotOf(rows: readonly Times[]): string {
    const steps = STEPS.filter((step) => rows.some((row) => row.step === step));
    const width = COLUMNS * PANEL.width;
    const height = Math.ceil(steps.length / COLUMNS) * PANEL.height + FOOT;
    const panels = steps.map((step, index) => {
        const at = `translate(${(index % COLUMNS) * PANEL.width} ${Math.floor(index / COLUMNS) * PANEL.height})`;
        const own = rows.filter((row) => row.step === step);
        return `<g transform="${at}">${panelOf(step, own, sizesOf(rows))}</g>`;
    });
    const shown = SIDES.filter((side) => rows.some((row) => row.sides[side] !== undefined));
    const legend = shown.map((side, index) => {
        const x = PANEL.left + index * 170;
        return `<path d="M${x} ${height - 12}h20" stroke="${COLOURS[side]}" stroke-width="2"/>${text(NAMES[side], x + 26, height - 8)}`;
    });
    return (
        `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="11">` +
        `<rect width="100%" height="100%" fill="white"/>${panels.join("")}${legend.join("")}</svg>\n`
    );
}

/** One step: each side as a line, the spread of the runs as whiskers. */
function panelOf(step: string, rows: readonly Times[], sizes: readonly number[]): string {
    const spreads = rows.flatMap(({ sides }) => Object.values(sides));
    const powers = powersAround(Math.min(...spreads.map(({ min }) => min)), Math.max(...spreads.map(({ max }) => max)));
    const right = PANEL.width - PANEL.right;
    const floor = PANEL.height - PANEL.bottom;
    const x = scale(sizes[0]!, sizes.at(-1)!, PANEL.left + 8, right - 8);
    const y = scale(powers[0]!, powers.at(-1)!, floor, PANEL.top);
    const rules = powers.map(
        (power) =>
            `<path d="M${PANEL.left} ${fixed(y(power))}H${right}" stroke="#ddd"/>${text(String(power), PANEL.left - 5, y(power) + 4, "end")}`,
    );
    const ticks = sizes.map((vms) => text(String(vms), x(vms), floor + 15, "middle"));
    const lines = SIDES.map((side) => lineOf(side, rows, x, y));
    const middle = (PANEL.top + floor) / 2;
    return [
        `<text x="${PANEL.left}" y="18" font-weight="bold">${step}</text>`,
        ...rules,
        `<path d="M${PANEL.left} ${PANEL.top}V${floor}H${right}" fill="none" stroke="#888"/>`,
        `<text transform="translate(14 ${middle}) rotate(-90)" text-anchor="middle">wall time, s</text>`,
        text("VMs", (PANEL.left + right) / 2, floor + 30, "middle"),
        ...ticks,
        ...lines,
    ].join("");
}

function lineOf(side: SideName, rows: readonly Times[], x: Scale, y: Scale): string {
    const own = rows.flatMap(({ vms, sides: { [side]: spread } }) => (spread === undefined ? [] : [{ vms, spread }]));
    const points = own.map(({ vms, spread }) => `${fixed(x(vms))},${fixed(y(spread.median))}`);
    const whiskers = own.map(({ vms, spread: { min, max } }) => `M${fixed(x(vms))} ${fixed(y(min))}V${fixed(y(max))}`);
    const dots = points.map((point) => {
        const [cx, cy] = point.split(",");
        return `<circle cx="${cx}" cy="${cy}" r="2.5" fill="${COLOURS[side]}"/>`;
    });
    const line = `<polyline points="${points.join(" ")}" fill="none" stroke="${COLOURS[side]}" stroke-width="1.5"/>`;
    const spread = `<path d="${whiskers.join("")}" stroke="${COLOURS[side]}" stroke-width="3" opacity="0.5"/>`;
    return own.length === 0 ? "" : line + spread + dots.join("");
}

type Scale = (value: number) => number;

/** A logarithmic scale from one range onto another; a single value is in its middle. */
function scale(least: number, most: number, from: number, to: number): Scale {
    if (least === most) {
        return () => (from + to) / 2;
    }
    const length = Math.log(most) - Math.log(least);
    return (value) => from + ((Math.log(value) - Math.log(least)) / length) * (to - from);
}

/** Powers of ten from the last one below a range to the first one above it. */
function powersAround(least: number, most: number): number[] {
    const first = Math.floor(Math.log10(least));
    const last = Math.max(first + 1, Math.ceil(Math.log10(most)));
    return Array.from({ length: last - first + 1 }, (_, index) => Number((10 ** (first + index)).toPrecision(1)));
}

function text(words: string, x: number, y: number, anchor = "start"): string {
    return `<text x="${fixed(x)}" y="${fixed(y)}" text-anchor="${anchor}">${words}</text>`;
}

function fixed(value: number): string {
    return value.toFixed(1);
}
