import { lineThrough, sizesOf, type Figures, type Row } from "./results";
import { STEPS } from "./side";

/** How figures came about, in a person's words. */
export interface Circumstances {
    readonly command: string;
    readonly machine: string;
    readonly peer: string | undefined;
    readonly runs: number;
    readonly times: string;
}

/** The tables of a benchmark, as Markdown. */
export function reportOf(rows: readonly Row[], { command, machine, peer, runs, times }: Circumstances): string {
    const beside = peer === undefined ? "No peer was on the machine, so ours ran alone." : `Beside ${peer}.`;
    return [
        `\`${command}\` on ${machine}; ${runs} run${runs === 1 ? "" : "s"} of each, by turns. ${times} ${beside}`,
        ...sizesOf(rows).map((vms) => tableOf(rows.filter((row) => row.vms === vms))),
        ...growthOf(rows),
    ].join("\n\n");
}

function tableOf(rows: readonly Row[]): string {
    const { vms, peer } = rows[0]!;
    const title = `**${vms} VM${vms === 1 ? "" : "s"}**`;
    if (peer === undefined) {
        const head = ["step", "wall s (min-max)", "user CPU s", "peak MiB", "requests"];
        return `${title}\n\n${table(
            head,
            rows.map(({ step, ours }) => [step, ...cellsOf(ours)]),
        )}`;
    }
    const head = ["step", "ours: wall s", "peer: wall s", "ratio", "user CPU s", "peak MiB", "requests", "ratio"];
    const cells = rows.map(({ step, ours, peer: other }) => {
        const [a, b] = [cellsOf(ours), cellsOf(other!)];
        return [
            step,
            a[0]!,
            b[0]!,
            `**${ratio(ours.seconds.median, other!.seconds.median)}**`,
            ...[1, 2, 3].map((column) => `${a[column]} / ${b[column]}`),
            ratio(ours.requests, other!.requests),
        ];
    });
    return `${title}\n\n${table(head, cells)}`;
}

function cellsOf({ seconds, userSeconds, peakMiB, requests }: Figures): string[] {
    const { median, min, max } = seconds;
    const wall = min === max ? number(median) : `${number(median)} (${number(min)}-${number(max)})`;
    return [wall, number(userSeconds), String(Math.round(peakMiB)), String(requests)];
}

function growthOf(rows: readonly Row[]): string[] {
    const sides = (["ours", "peer"] as const).filter((side) => rows.every((row) => row[side] !== undefined));
    const lines = STEPS.flatMap((step) =>
        sides.flatMap((side) => {
            const points = rows
                .filter((row) => row.step === step)
                .map((row) => [row.vms, row[side]!.seconds.median] as const);
            const line = lineThrough(points);
            return line === undefined
                ? []
                : [[step, side, number(line.fixed), (line.perVm * 1000).toFixed(0), line.fit.toFixed(3)]];
        }),
    );
    const head = ["step", "side", "fixed s", "ms per VM", "R²"];
    return lines.length === 0 ? [] : [`**Growth**: the straight line through the sizes.\n\n${table(head, lines)}`];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
    const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
    return [line(head), `|${head.map(() => "---").join("|")}|`, ...rows.map(line)].join("\n");
}

function ratio(ours: number, peer: number): string {
    return peer === 0 ? "-" : (ours / peer).toFixed(2);
}

function number(value: number): string {
    return value.toFixed(value < 10 ? 2 : 1);
}
