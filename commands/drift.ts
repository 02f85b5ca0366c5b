import type { DriftRow, OlderTemplate } from "../report/row";
import { driftTable, olderText, othersText, rowsOf } from "../report/drift";
import { unreadWords } from "../report/routerWords";
import type { Substrate } from "../substrate/substrate";
import { defineCommand, SUBSTRATE } from "./cli/definition";
import { compareWithFiles, ROOT } from "./cli/environment";
import { Refusal } from "./cli/errors";
import { EXIT } from "./cli/exit";
import { answer, complain, note, width } from "./cli/terminal";
import { recordedSubstrate } from "./shared/identities";
import { compare, REFRESH, type Comparison } from "./shared/comparison";
import { leavesOf } from "./shared/settled";
import { withoutReapedIfAny } from "./shared/lifetimes";
import { ensureStack } from "./shared/stack";
import { olderIn } from "./shared/standings";
import { loadOne } from "./shared/substrates";
import { PRIVATE_KEY, SECRET_VARIABLES, secretsOf, type Secrets } from "../host/secrets";
import type { Finding } from "../substrate/findings";
import { nodeDrift, notLookedAt as ofNodeNotLookedAt } from "../node/drift";
import { apiToken, withEachNode, type Answers } from "../node/client";
import { driftParts, readInventory, vmsOn } from "../node/read";
import { othersSnapshots, type OthersSnapshot } from "../node/snapshots";
import { requirePreflight } from "../node/preflight";
import { configurationOf } from "../state/client";
import { changesIn, previewNodes, stepsOfNone, type PreviewStep } from "../state/preview/client";
import { readState } from "../state/reading/read";
import { routerDrift } from "../router/drift";
import { readInventory as readRouter } from "../router/read";
import { requireSupported } from "../router/version";
import { routerClient } from "./shared/routerClient";

export const command = defineCommand({
    name: "drift",
    group: "daily",
    summary: "say what differs on nodes, hosts and router from the files, changing nothing",
    details:
        "Prints what differs from the tenants' files on nodes, hosts and core router, by tenant: what was declared, what is, " +
        "since when and by whom where PVE's task log knows, and the command that settles it. It only reads: everything in full " +
        "where something changed since the last run (docs/state.md). VMs on an older template than the newest are listed behind it, and snapshots that no run took.",
    arguments: [SUBSTRATE],
    options: { refresh: REFRESH },
    output: "drift",
    needs: ["pulumi"],
    example: "tenants drift dvntm --json | jq '.drift[].what'",
    exits: { 0: "no drift", 1: "a place could not be read", 2: "drift" },
    async run({ args, json, options }) {
        compareWithFiles();
        const loaded = loadOne(args["substrate"]!);
        ensureStack(loaded.name).forEach((line) => note(`recover: ${line}`));
        const substrate = withoutReapedIfAny(loaded);
        const told = await Promise.all(sources(substrate, options.refresh).map((source) => ask(substrate, source)));
        const rows = told.flatMap((one) => one.rows);
        const untold = told.flatMap(({ source, reason }) => (reason === undefined ? [] : [{ source, reason }]));
        const unlooked = [...notLookedAt(substrate), ...told.flatMap((one) => one.notLookedAt)];
        const templates = told.flatMap((one) => one.templates);
        const snapshots = told.flatMap((one) => one.snapshots);
        if (!json) {
            unlooked.forEach(note);
        }
        // That part of it shows none is no answer where another part could not be asked.
        const silent = rows.length === 0 && untold.length > 0;
        const table = silent ? "" : driftTable(substrate.name, rows, width());
        answer(
            { substrate: substrate.name, drift: rows, templates, snapshots, untold, notLookedAt: unlooked },
            () => table + olderText(substrate.name, templates) + othersText(snapshots),
        );
        untold.forEach(({ source, reason }) => complain(`${source}: it could not be read: ${reason}`));
        return untold.length > 0 ? EXIT.failed : rows.length > 0 ? EXIT.differences : EXIT.done;
    },
});

/** Answer of a source, or why it has none. */
interface Told {
    readonly source: string;
    readonly rows: readonly DriftRow[];
    readonly notLookedAt: readonly string[];
    readonly templates: readonly OlderTemplate[];
    readonly snapshots: readonly OthersSnapshot[];
    readonly reason?: string;
}

/** Asks a source; that one of them cannot tell keeps none of the others from telling. */
async function ask(substrate: Substrate, source: DriftSource): Promise<Told> {
    try {
        const { findings, notLookedAt: unlooked = [], templates = [], snapshots = [] } = await source.look();
        return { source: source.name, rows: rowsOf(substrate, findings), notLookedAt: unlooked, templates, snapshots };
    } catch (error) {
        if (error instanceof Refusal) {
            const nothing = { rows: [], notLookedAt: [], templates: [], snapshots: [] };
            return { source: source.name, ...nothing, reason: error.message };
        }
        throw error;
    }
}

/** A place that drift is looked for in. */
export interface DriftSource {
    /** As a person knows it: `node`, `router`. */
    readonly name: string;
    /** Looks at it. @throws Refusal where it cannot be told. */
    look(): Promise<Seen>;
}

/** Everything that differs at a place, and the parts of it that could not be looked at, in words. */
export interface Seen {
    readonly findings: readonly Finding[];
    readonly notLookedAt?: readonly string[];
    /** VMs on an older template than the newest, which is no drift. */
    readonly templates?: readonly OlderTemplate[];
    /** Snapshots that no run took, which is no drift. */
    readonly snapshots?: readonly OthersSnapshot[];
}

/** Every place of a substrate that drift is looked for in; each only reads. What is only planned has no node and no host. */
export function sources(substrate: Substrate, refresh: string): DriftSource[] {
    const machines = substrate.status === "planned" ? [] : [nodeSource(substrate, refresh), ...hostSources(substrate)];
    return [...machines, ...routerSource(substrate)];
}

/** Why places are not looked at, one line for each. */
export function notLookedAt({ name, status, hypervisors, coreRouter }: Substrate): string[] {
    const without = hypervisors.filter(({ baseline }) => baseline === undefined);
    return [
        ...(status === "planned"
            ? [`node: not looked at, since ${name} is only planned`]
            : without.map((one) => `host ${one.name}: not looked at, since no baseline is declared`)),
        ...(coreRouter.mode === "export" && coreRouter.endpoint === undefined
            ? ["router: not looked at, since coreRouter.endpoint is not set"]
            : []),
    ];
}

/** The nodes, by a preview that reads them and by what it does not tell of. */
function nodeSource(substrate: Substrate, refresh: string): DriftSource {
    return { name: "node", look: () => ofNodes(substrate, refresh) };
}

async function ofNodes(substrate: Substrate, refresh: string): Promise<Seen> {
    // First: a preview refreshes before the program asks, and takes for gone what the token may not see.
    await requirePreflight(substrate);
    const answers: Answers = new Map();
    const reading = withEachNode(substrate, async (client, one) => {
        const inventory = await readInventory(client.remembering(answers), one, driftParts(substrate, one));
        return { inventory, others: await othersSnapshots(client, one.node, vmsOn(substrate, one), inventory.configs) };
    });
    // The router is asked by itself.
    const [read, compared] = await Promise.all([reading, compare(substrate, refresh, { router: false, answers })]);
    const inventories = read.map(({ inventory }) => inventory);
    const steps = await stepsOf(substrate, compared);
    const findings = nodeDrift(substrate, steps, inventories, apiToken().split("=")[0]!);
    const { templates, untold } = olderIn(substrate, inventories, compared.deployment ?? readState(substrate.name));
    const unlooked = [...inventories.flatMap(ofNodeNotLookedAt), ...untold];
    return { findings, notLookedAt: unlooked, templates, snapshots: read.flatMap(({ others }) => others) };
}

/** Steps of an up on the nodes: by a preview, but where it is known that there is nothing to do. */
async function stepsOf(substrate: Substrate, compared: Comparison): Promise<readonly PreviewStep[]> {
    if (compared.settled?.whole === true) {
        return stepsOfNone(compared.deployment!);
    }
    const leaves = leavesOf(substrate, compared);
    const { steps, asKept } = await previewNodes(substrate.name, !compared.unchanged, leaves);
    compared.keepFound({ asKept }, changesIn(steps).length === 0 ? {} : undefined);
    return steps;
}

/** Each host that has a baseline, by Ansible's own check. */
function hostSources(substrate: Substrate): DriftSource[] {
    let secrets: Secrets | undefined;
    return substrate.hypervisors
        .filter(({ baseline }) => baseline !== undefined)
        .map((hypervisor) => ({
            name: `host ${hypervisor.name}`,
            look: async () => {
                const { hostDrift } = await import("../host/drift");
                return { findings: await hostDrift(ROOT, hypervisor, (secrets ??= hostSecrets(substrate.name))) };
            },
        }));
}

/** The stack's encrypted configuration. */
function hostSecrets(stack: string): Secrets {
    const values = configurationOf(stack);
    return secretsOf({
        [PRIVATE_KEY]: values[PRIVATE_KEY]?.value,
        [SECRET_VARIABLES]: values[SECRET_VARIABLES]?.value,
    });
}

/** The core router, in either mode; on a flat network it has nothing of the tenants. */
function routerSource(substrate: Substrate): DriftSource[] {
    const { mode, endpoint } = substrate.coreRouter;
    if (mode === "none" || endpoint === undefined) {
        return [];
    }
    return [{ name: "router", look: () => lookAtRouter(substrate) }];
}

async function lookAtRouter(substrate: Substrate): Promise<Seen> {
    const client = routerClient(substrate)!;
    await requireSupported(client);
    const inventory = await readRouter(client);
    const notLookedAt = inventory.doors.unread.map(unreadWords);
    return { findings: routerDrift(recordedSubstrate(substrate), inventory), notLookedAt };
}
