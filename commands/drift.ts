import type { DriftRow } from "../report/row";
import { driftTable, rowsOf } from "../report/drift";
import type { Substrate } from "../substrate/substrate";
import { defineCommand, SUBSTRATE } from "./cli/definition";
import { compareWithFiles } from "./cli/environment";
import { Refusal } from "./cli/errors";
import { EXIT } from "./cli/exit";
import { answer, note, width } from "./cli/terminal";
import { notLookedAt, sources, type DriftSource } from "./shared/driftSources";
import { selectStack } from "./shared/stack";
import { loadOne } from "./shared/substrates";

export const command = defineCommand({
    name: "drift",
    group: "daily",
    summary: "say what differs on nodes, hosts and router from the files, changing nothing",
    details:
        "Prints what differs from the tenants' files on nodes, hosts and core router, by tenant: what was declared, what is, " +
        "since when and by whom where PVE's task log knows, and the command that settles it. It only reads.",
    arguments: [SUBSTRATE],
    options: {},
    output: "drift",
    needs: ["pulumi"],
    example: "tenants drift dvntm --json | jq '.drift[].what'",
    exits: { 0: "no drift", 1: "it could not be told, of one place or of all", 2: "drift" },
    async run({ args, json }) {
        compareWithFiles();
        const substrate = loadOne(args["substrate"]!);
        selectStack(substrate.name).forEach((line) => note(`recover: ${line}`));
        const told = await Promise.all(sources(substrate).map((source) => ask(substrate, source)));
        const rows = told.flatMap((one) => one.rows);
        const untold = told.flatMap(({ source, reason }) => (reason === undefined ? [] : [{ source, reason }]));
        if (!json) {
            notLookedAt(substrate).forEach(note);
        }
        // That part of it shows none is no answer where another part could not be asked.
        const silent = rows.length === 0 && untold.length > 0;
        answer({ substrate: substrate.name, drift: rows, untold }, () =>
            silent ? "" : driftTable(substrate.name, rows, width()),
        );
        untold.forEach(({ source, reason }) => console.error(`${source}: it could not be told: ${reason}`));
        return untold.length > 0 ? EXIT.failed : rows.length > 0 ? EXIT.differences : EXIT.done;
    },
});

/** Answer of a source, or why it has none. */
interface Told {
    readonly source: string;
    readonly rows: readonly DriftRow[];
    readonly reason?: string;
}

/** Asks a source; that one of them cannot tell keeps none of the others from telling. */
async function ask(substrate: Substrate, source: DriftSource): Promise<Told> {
    try {
        return { source: source.name, rows: rowsOf(substrate, await source.findings()) };
    } catch (error) {
        if (error instanceof Refusal) {
            return { source: source.name, rows: [], reason: error.message };
        }
        throw error;
    }
}
