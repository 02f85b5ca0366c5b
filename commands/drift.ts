/** Prints where nodes, hosts and router differ from what the tenants' files say, and changes nothing. */
import { HostError } from "../host/error";
import { driftTable, type DriftRow, type DriftSource } from "../model/drift";
import type { Substrate } from "../model/substrate";
import { NodeError } from "../node/client";
import { RouterError } from "../router/errors";
import { FLAG, Refusal, runCommand } from "./command";
import { notLookedAt, sources } from "./driftSources";

const HELP = `usage: make drift SUBSTRATE=<name> [JSON=1]
Prints what differs from the tenants' files on nodes, hosts and core router, by tenant: what was declared, what is, since
when and by whom where PVE's task log knows, and the command that settles it. It only reads.
Exit 0: no drift; 2: drift; 1: it could not be told. make itself ends with 2 for either: scripts call
node --require tsx/cjs commands/drift.ts <name> [--json]`;

/** Exit codes of this command; a wrong call could not tell either. */
const DRIFT = 2;
const UNTOLD = 1;

/** What a source gave, or why it could not. */
interface Told {
    readonly source: string;
    readonly rows: readonly DriftRow[];
    readonly reason?: string;
}

void runCommand(
    HELP,
    { json: FLAG, help: FLAG },
    async (substrate, { json }) => {
        const told = await Promise.all(sources(substrate).map(ask));
        const rows = told.flatMap((one) => one.rows);
        const untold = told.flatMap(({ source, reason }) => (reason === undefined ? [] : [{ source, reason }]));
        if (json) {
            console.log(JSON.stringify({ substrate: substrate.name, drift: rows, untold }));
        } else {
            tell(substrate, rows, untold.length > 0);
        }
        untold.forEach(({ source, reason }) => console.error(`${source}: it could not be told: ${reason}`));
        process.exitCode = untold.length > 0 ? UNTOLD : rows.length > 0 ? DRIFT : 0;
    },
    UNTOLD,
);

function tell(substrate: Substrate, rows: readonly DriftRow[], partly: boolean): void {
    notLookedAt(substrate).forEach((skipped) => console.error(skipped));
    if (rows.length > 0 || !partly) {
        console.log(driftTable(substrate.name, rows));
    }
}

/** Asks a source; that one of them cannot tell keeps none of the others from telling. */
async function ask(source: DriftSource): Promise<Told> {
    try {
        return { source: source.name, rows: await source.rows() };
    } catch (error) {
        if ([RouterError, NodeError, HostError, Refusal].some((kind) => error instanceof kind)) {
            return { source: source.name, rows: [], reason: (error as Error).message };
        }
        throw error;
    }
}
