import type { Difference } from "../proof/conformance/compare";

/** Outcome of a check: versions and forms, and nothing that is of one site alone. */
export interface ConformanceReport {
    readonly versions: Readonly<Record<string, string>>;
    /** How many answers were compared. */
    readonly compared: number;
    /** Why others were not, in words. */
    readonly notCompared: readonly string[];
    /** Command that failed, so that the steps after it were not done; missing where all were. */
    readonly stoppedAt?: string;
    readonly differences: readonly Difference[];
}

const COLUMNS = ["Where", "When", "Asked", "Value", "Expected", "Here"];

/** The report as a person puts it into an issue: Markdown. */
export function conformanceText({
    versions,
    compared,
    notCompared,
    stoppedAt,
    differences,
}: ConformanceReport): string {
    const rows = differences.map(({ machine, moment, request, field, expected, found }) => {
        return [machine, WHEN[moment] ?? moment, request, field, expected, found];
    });
    const table = [COLUMNS, COLUMNS.map(() => "---"), ...rows].map((cells) => `| ${cells.map(asCell).join(" | ")} |`);
    return [
        ...Object.entries(versions).map(([what, version]) => `* ${what}: ${version}`),
        `* compared: ${compared} answers with those of the simulators`,
        ...notCompared.map((why) => `* not compared: ${why}`),
        ...(stoppedAt === undefined ? [] : [`* stopped: \`${stoppedAt}\` failed, so the steps after it were not done`]),
        "",
        ...(rows.length > 0 ? table : ["No difference."]),
    ].join("\n");
}

const WHEN: Readonly<Record<string, string>> = {
    create: "made",
    again: "second preview",
    change: "changed",
    refuse: "refusals",
    hand: "changed past the program",
    drift: "drift",
    repair: "repaired",
    rebuild: "made anew",
    teardown: "torn down",
};

function asCell(text: string): string {
    return text.replaceAll("|", "\\|").replaceAll("\n", " ");
}
