import { sizesOf, type Row } from "./results";
import { STEPS } from "./side";

const PANEL = { width: 230, height: 170, left: 44, top: 28, right: 12, bottom: 30 };
const COLUMNS = 4;
const COLOURS = { ours: "#1f77b4", peer: "#d62728" } as const;

/** Wall time over the number of VMs, a panel for each step, as an SVG. */
export function plotOf(rows: readonly Row[]): string {
    const steps = STEPS.filter((step) => rows.some((row) => row.step === step));
    const width = COLUMNS * PANEL.width;
    const height = Math.ceil(steps.length / COLUMNS) * PANEL.height + 24;
    const panels = steps.map((step, index) => {
        const at = `translate(${(index % COLUMNS) * PANEL.width} ${Math.floor(index / COLUMNS) * PANEL.height})`;
        return `<g transform="${at}">${panelOf(
            step,
            rows.filter((row) => row.step === step),
        )}</g>`;
    });
    const legend = (["ours", "peer"] as const).map(
        (side, index) =>
            `<text x="${PANEL.left + index * 60}" y="${height - 8}" fill="${COLOURS[side]}">${side}</text>`,
    );
    return (
        `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="11">` +
        `<rect width="100%" height="100%" fill="white"/>${panels.join("")}${legend.join("")}</svg>\n`
    );
}

function panelOf(step: string, rows: readonly Row[]): string {
    const sides = (["ours", "peer"] as const).filter((side) => rows.every((row) => row[side] !== undefined));
    const most = Math.max(...rows.flatMap((row) => sides.map((side) => row[side]!.seconds.max)));
    const sizes = sizesOf(rows);
    const x = (vms: number) => PANEL.left + (vms / sizes.at(-1)!) * (PANEL.width - PANEL.left - PANEL.right);
    const floor = PANEL.height - PANEL.bottom;
    const y = (seconds: number) => floor - (seconds / most) * (floor - PANEL.top);
    const lines = sides.map((side) => {
        const points = rows.map((row) => `${x(row.vms).toFixed(1)},${y(row[side]!.seconds.median).toFixed(1)}`);
        const whiskers = rows.map((row) => {
            const { min, max } = row[side]!.seconds;
            return `M${x(row.vms).toFixed(1)} ${y(min).toFixed(1)}V${y(max).toFixed(1)}`;
        });
        const line = `<polyline points="${points.join(" ")}" fill="none" stroke="${COLOURS[side]}" stroke-width="1.5"/>`;
        return `${line}<path d="${whiskers.join("")}" stroke="${COLOURS[side]}" stroke-width="3" opacity="0.5"/>`;
    });
    const ticks = sizes.map(
        (vms) => `<text x="${x(vms).toFixed(1)}" y="${floor + 14}" text-anchor="middle">${vms}</text>`,
    );
    return (
        `<text x="${PANEL.left}" y="18" font-weight="bold">${step}</text>` +
        `<path d="M${PANEL.left} ${PANEL.top}V${floor}H${PANEL.width - PANEL.right}" fill="none" stroke="#888"/>` +
        `<text x="${PANEL.left - 4}" y="${PANEL.top + 8}" text-anchor="end">${most.toFixed(1)} s</text>` +
        `<text x="${PANEL.left - 4}" y="${floor}" text-anchor="end">0</text>${ticks.join("")}${lines.join("")}`
    );
}
