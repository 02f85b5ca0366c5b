import { alignedRows } from "./table";

/** Commands for many substrates at once; none of it changes anything. */
export const FLEET_COMMANDS = ["preview", "refresh"] as const;
export type FleetCommand = (typeof FLEET_COMMANDS)[number];

/** How a command ended on one substrate. */
export interface FleetRow {
    readonly substrate: string;
    /** Resources by what would be done with them, in Pulumi's words: `create`, `update`, `same`; empty where it failed. */
    readonly changes: Readonly<Record<string, number>>;
    readonly seconds: number;
    /** Why it failed; missing where it did not. */
    readonly reason?: string;
}

/** Kinds of step that change nothing, in Pulumi's words. */
const UNCHANGED = new Set(["same", "refresh", "read"]);

/** How a substrate is, in words: `no changes`, `3 create, 1 update`, or `failed`. */
export function resultOf({ changes, reason }: FleetRow): string {
    if (reason !== undefined) {
        return "failed";
    }
    const counts = Object.entries(changes).filter(([kind, count]) => !UNCHANGED.has(kind) && count > 0);
    return counts.length === 0 ? "no changes" : counts.map(([kind, count]) => `${count} ${kind}`).join(", ");
}

/** The rows as one table, then a line that counts them, then why those failed that did. */
export function fleetReport(rows: readonly FleetRow[], seconds: number, width = Infinity): string {
    const cells = [
        ["substrate", "resources", "seconds", "result"],
        ...rows.map((row) => [row.substrate, String(resourcesOf(row)), row.seconds.toFixed(1), resultOf(row)]),
    ];
    const failed = rows.filter(({ reason }) => reason !== undefined);
    const changed = rows.filter((row) => row.reason === undefined && resultOf(row) !== "no changes");
    return [
        ...alignedRows(cells, width),
        `${rows.length} substrates, ${changed.length} with changes, ${failed.length} failed, in ${seconds.toFixed(1)} s`,
        ...failed.map(({ substrate, reason }) => `${substrate}: ${reason}`),
    ].join("\n");
}

function resourcesOf({ changes }: FleetRow): number {
    return Object.values(changes).reduce((sum, count) => sum + count, 0);
}

/** The parts of an event of Pulumi's engine that tell why a run failed. */
export interface Told {
    readonly diagnosticEvent?: { readonly severity: string; readonly message: string };
    readonly policyEvent?: {
        readonly enforcementLevel: string;
        readonly policyName: string;
        readonly resourceUrn?: string;
        readonly message: string;
    };
}

/** Words of the engine about each run that failed, and its marks for colours. */
const SAYS_NOTHING = /^(preview|update) failed$/;
const COLOUR = /<\{%[^%]*%\}>/g;

/**
 * Why a run of Pulumi failed: each error and each broken rule of the policy pack once, out of the engine's events; where they
 * tell none, as of a stack that another run holds, the errors among what the CLI said, or else the last line of it.
 *
 * @param said both of its streams.
 */
export function reasonFrom(events: readonly Told[], said: string): string {
    const told = [...new Set(events.flatMap(whyIn))].filter((text) => !SAYS_NOTHING.test(text));
    return told.length > 0 ? told.join("\n    ") : reasonIn(said);
}

function whyIn({ diagnosticEvent, policyEvent }: Told): string[] {
    if (policyEvent?.enforcementLevel === "mandatory") {
        const resource = policyEvent.resourceUrn?.split("::").at(-1) ?? "the stack";
        return [plain(`policy ${policyEvent.policyName}, ${resource}: ${policyEvent.message}`)];
    }
    return diagnosticEvent?.severity === "error" ? [plain(diagnosticEvent.message)] : [];
}

/** Without colours, and without a program's stack trace. */
function plain(message: string): string {
    const lines = message.replace(COLOUR, "").trim().split("\n");
    return lines.filter((line) => !/^\s+at /.test(line)).join("\n    ");
}

function reasonIn(said: string): string {
    const lines = said.split("\n").map((line) => line.trim());
    const errors = [...new Set(lines.flatMap((line) => /(?:^|\s)error: (.+)$/.exec(line)?.[1] ?? []))];
    return errors.length > 0
        ? errors.join("\n    ")
        : (lines.filter((line) => line !== "").at(-1) ?? "it said nothing");
}
