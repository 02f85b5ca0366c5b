import { lineThrough, sizesOf, type Figures, type Row, type Spread } from "./results";
import { SIDES, STEPS, type SideName } from "./side";

/** Words of the columns, by who did the work. */
export const TITLES: Readonly<Record<SideName, string>> = {
    tenants: "`tenants`",
    pulumi: "`pulumi`",
    peer: "peer",
};

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

/** Those who did a step, in the order of the columns. */
function sidesOf(rows: readonly Row[]): SideName[] {
    return SIDES.filter((side) => rows.some((row) => row.sides[side] !== undefined));
}

function tableOf(rows: readonly Row[]): string {
    const { vms } = rows[0]!;
    const sides = sidesOf(rows);
    const head = ["step", ...sides.map((side) => `${TITLES[side]}: wall s`), "user CPU s", "peak MiB", "requests"];
    const cells = rows.map(({ step, sides: did }) => {
        const figures = sides.map((side) => did[side]!);
        const each = (of: (one: Figures) => string) => figures.map(of).join(" / ");
        return [
            step,
            ...figures.map((one) => `${wall(one.seconds)}${one === did.peer ? "" : ratioTo(did.peer, one)}`),
            each(({ userSeconds }) => number(userSeconds)),
            each(({ peakMiB }) => String(Math.round(peakMiB))),
            each(({ requests }) => String(requests)),
        ];
    });
    return `**${vms} VM${vms === 1 ? "" : "s"}**\n\n${table(head, cells)}`;
}

function wall({ median, min, max }: Spread): string {
    return min === max ? number(median) : `${number(median)} (${number(min)}-${number(max)})`;
}

function ratioTo(peer: Figures | undefined, ours: Figures): string {
    return peer === undefined ? "" : ` **${(ours.seconds.median / peer.seconds.median).toFixed(2)}**`;
}

function growthOf(rows: readonly Row[]): string[] {
    const lines = STEPS.flatMap((step) =>
        sidesOf(rows).flatMap((side) => {
            const points = rows
                .filter((row) => row.step === step)
                .map((row) => [row.vms, row.sides[side]!.seconds.median] as const);
            const line = lineThrough(points);
            return line === undefined
                ? []
                : [[step, TITLES[side], number(line.fixed), (line.perVm * 1000).toFixed(0), line.fit.toFixed(3)]];
        }),
    );
    const head = ["step", "by", "fixed s", "ms per VM", "R²"];
    return lines.length === 0 ? [] : [`**Growth**: the straight line through the sizes.\n\n${table(head, lines)}`];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
    const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
    return [line(head), `|${head.map(() => "---").join("|")}|`, ...rows.map(line)].join("\n");
}

function number(value: number): string {
    return value.toFixed(value < 10 ? 2 : 1);
}
