/** Previews many substrates side by side, as stacks of one program, and changes none of them: what `make fleet` calls. */
import { cpus } from "node:os";
import { resolve } from "node:path";
import { LocalWorkspace, type EngineEvent, type Stack } from "@pulumi/pulumi/automation";
import { FLEET_COMMANDS, fleetReport, reasonFrom, resultOf, type FleetCommand, type FleetRow } from "../model/fleet";
import { suggestion } from "../model/suggest";
import { unfit } from "../node/unfit";
import { FAULTS, FLAG, runForAll, TEXT, UsageError } from "./command";
import { policyArguments } from "./policy";
import type { Loaded } from "./substrates";

const HELP = `usage: make fleet [CMD=preview|refresh] [PARALLEL=<n>] [POLICY=off] [JSON=1]
Runs a preview of every substrate, or a refresh that only looks, some side by side (PARALLEL; as many as there are cores),
and reports of all at once. One that fails keeps none of the others from running. Nothing is changed but that a substrate
without a stack gets one.
Exit 0, also where there are changes; 1: one failed; 2: wrong usage.`;

const ROOT = resolve(__dirname, "..");

interface Wanted {
    readonly command: FleetCommand;
    readonly parallel: number;
    readonly packs: readonly string[];
}

void runForAll(
    HELP,
    { cmd: TEXT, parallel: TEXT, policy: TEXT, json: FLAG, help: FLAG },
    async (loaded, { cmd, parallel, policy, json }) => {
        const command = commandNamed(cmd || "preview");
        const [, ...packs] = command === "preview" ? policyArguments(policy) : [];
        const started = Date.now();
        const rows = await runFleet(loaded, { command, parallel: numberOf(parallel), packs });
        console.log(json ? JSON.stringify(rows) : fleetReport(rows, secondsSince(started)));
        process.exitCode = rows.some(({ reason }) => reason !== undefined) ? FAULTS : 0;
    },
);

function commandNamed(name: string): FleetCommand {
    const command = FLEET_COMMANDS.find((one) => one === name);
    if (command === undefined) {
        const allowed = `${suggestion(name, FLEET_COMMANDS)}; allowed: ${FLEET_COMMANDS.join(", ")}`;
        throw new UsageError(`CMD ${name} is not allowed${allowed}. What changes something is run on one substrate.`);
    }
    return command;
}

function numberOf(parallel: string | undefined): number {
    const wanted = Number(parallel || cpus().length);
    if (!Number.isInteger(wanted) || wanted < 1) {
        throw new UsageError(`PARALLEL ${parallel} is not allowed; allowed: a whole number from 1`);
    }
    return wanted;
}

/** Runs on each substrate, at most so many at a time, and tells of each as it ends; gives them back by name. */
async function runFleet(fleet: readonly Loaded[], wanted: Wanted): Promise<FleetRow[]> {
    const left = [...fleet];
    const rows: FleetRow[] = [];
    const turn = async () => {
        for (let next = left.shift(); next !== undefined; next = left.shift()) {
            const row = await runOn(next, wanted);
            rows.push(row);
            const place = `${rows.length} of ${fleet.length}`;
            console.error(`${row.substrate}: ${resultOf(row)}, ${row.seconds.toFixed(1)} s (${place})`);
        }
    };
    await Promise.all(Array.from({ length: wanted.parallel }, turn));
    return rows.sort((a, b) => (a.substrate < b.substrate ? -1 : 1));
}

async function runOn(loaded: Loaded, wanted: Wanted): Promise<FleetRow> {
    const started = Date.now();
    const ended = (told: Pick<FleetRow, "changes" | "reason">) => {
        return { substrate: loaded.name, seconds: secondsSince(started), ...told };
    };
    const events: EngineEvent[] = [];
    try {
        if (loaded.substrate === undefined) {
            return ended({ changes: {}, reason: loaded.text });
        }
        // The CLI reads the node before the program runs, and takes for gone what the token may not see.
        const wrong = await unfit(loaded.substrate);
        if (wrong.length > 0) {
            return ended({ changes: {}, reason: wrong.join("\n    ") });
        }
        return ended({ changes: await changesOf(await stackOf(loaded.name), wanted, events) });
    } catch (error) {
        return ended({ changes: {}, reason: reasonFrom(events, (error as Error).message) });
    }
}

/** What would be changed; `events` fills with what the engine tells meanwhile, which is all there is of a run that fails. */
async function changesOf(stack: Stack, wanted: Wanted, events: EngineEvent[]): Promise<FleetRow["changes"]> {
    const { command, packs } = wanted;
    const options = { color: "never", onEvent: (event: EngineEvent) => void events.push(event) } as const;
    const { changeSummary } =
        command === "preview"
            ? await stack.preview({ ...options, policyPacks: [...packs] })
            : await stack.previewRefresh(options);
    return changeSummary;
}

let selecting: Promise<unknown> = Promise.resolve();

/** The stack of a substrate; one after the other, since the CLI keeps which one is selected in a file. */
function stackOf(stackName: string): Promise<Stack> {
    const stack = selecting.then(() => LocalWorkspace.createOrSelectStack({ stackName, workDir: ROOT }));
    selecting = stack.catch(() => undefined);
    return stack;
}

function secondsSince(started: number): number {
    return (Date.now() - started) / 1000;
}
