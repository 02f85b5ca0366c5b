import { cpus } from "node:os";
import type { EngineEvent, Stack } from "@pulumi/pulumi/automation";
import pLimit from "p-limit";
import { FLEET_COMMANDS, fleetReport, reasonFrom, resultOf, type FleetCommand, type FleetRow } from "../report/fleet";
import { keyServiceOf } from "../definitions/project/read";
import { preflight } from "../node/preflight";
import { defineCommand, POLICY } from "./cli/definition";
import { compareWithFiles, definitions, stateByDefault } from "./cli/environment";
import { EXIT } from "./cli/exit";
import { answer, note, width } from "./cli/terminal";
import { policyArguments } from "./shared/policy";
import { loadAll, type Loaded } from "./shared/substrates";

interface Wanted {
    readonly command: FleetCommand;
    readonly parallel: number;
    readonly packs: readonly string[];
}

export const command = defineCommand({
    name: "fleet",
    group: "look",
    summary: "preview every substrate side by side, changing nothing, in one report",
    details:
        "Runs a preview of every substrate, or a refresh that only looks, some side by side, and reports on all of them. One that " +
        "fails does not stop the others. Nothing is changed, except that a substrate without a stack gets one.",
    arguments: [
        { name: "what", kind: "text", says: "preview (default) or refresh", optional: true, choices: FLEET_COMMANDS },
    ],
    options: {
        parallel: {
            says: "how many at a time; as many as there are cores",
            value: "number",
            kind: "number",
            bounds: [1, Infinity],
        },
        policy: POLICY,
    },
    output: "fleet",
    needs: ["pulumi"],
    example: "tenants fleet refresh --parallel 2",
    exits: { 0: "done, also where there are changes", 1: "one failed" },
    async run({ args, options }) {
        const what = FLEET_COMMANDS.find((one) => one === args["what"]) ?? "preview";
        const parallel = Number(options.parallel ?? cpus().length);
        stateByDefault();
        if (what === "preview") {
            compareWithFiles();
        }
        const [, ...packs] = what === "preview" ? policyArguments(options.policy) : [];
        const started = Date.now();
        const rows = await runFleet(loadAll([]), { command: what, parallel, packs });
        answer(rows, () => fleetReport(rows, secondsSince(started), width()));
        return rows.some(({ reason }) => reason !== undefined) ? EXIT.failed : EXIT.done;
    },
});

/** Runs on each substrate, at most so many at a time, and tells of each as it ends; gives them back by name. */
async function runFleet(fleet: readonly Loaded[], wanted: Wanted): Promise<FleetRow[]> {
    let ended = 0;
    const limit = pLimit(wanted.parallel);
    const rows = await Promise.all(
        fleet.map((one) =>
            limit(async () => {
                const row = await runOn(one, wanted);
                const place = `${++ended} of ${fleet.length}`;
                note(`${row.substrate}: ${resultOf(row)}, ${row.seconds.toFixed(1)} s (${place})`);
                return row;
            }),
        ),
    );
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
        const wrong = await preflight(loaded.substrate);
        if (wrong.length > 0) {
            return ended({ changes: {}, reason: wrong.join("\n    ") });
        }
        return ended({ changes: await changesOf(await stackOf(loaded.name), wanted, events) });
    } catch (error) {
        return ended({ changes: {}, reason: reasonFrom(events, (error as Error).message) });
    }
}

/** Number of changes by kind; `events` fills with what the engine tells meanwhile, which is all there is of a run that fails. */
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
    const stack = selecting.then(async () => {
        // Pulumi's SDK takes most of a second to load, and help and completion do without it.
        const { LocalWorkspace } = await import("@pulumi/pulumi/automation");
        const secretsProvider = keyServiceOf(stackName);
        const options = secretsProvider === undefined ? {} : { secretsProvider };
        return LocalWorkspace.createOrSelectStack({ stackName, workDir: definitions() }, options);
    });
    selecting = stack.catch(() => undefined);
    return stack;
}

function secondsSince(started: number): number {
    return (Date.now() - started) / 1000;
}
