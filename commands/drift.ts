import type { DriftRow } from "../report/row";
import { driftTable, rowsOf } from "../report/drift";
import { unreadWords } from "../report/routerWords";
import type { Substrate } from "../substrate/substrate";
import { defineCommand, SUBSTRATE } from "./cli/definition";
import { compareWithFiles, ROOT } from "./cli/environment";
import { Refusal } from "./cli/errors";
import { EXIT } from "./cli/exit";
import { answer, complain, note, width } from "./cli/terminal";
import { recordedSubstrate } from "./shared/identities";
import { selectStack } from "./shared/stack";
import { loadOne } from "./shared/substrates";
import { hostDrift } from "../host/drift";
import { PRIVATE_KEY, SECRET_VARIABLES, secretsOf, type Secrets } from "../host/secrets";
import type { Finding } from "../substrate/findings";
import { nodeDrift, notLookedAt as ofNodeNotLookedAt } from "../node/drift";
import { apiToken, withEachNode } from "../node/client";
import { driftParts, readInventory } from "../node/read";
import { requirePreflight } from "../node/preflight";
import { previewNodes, pulumi } from "../state/client";
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
        const unlooked = [...notLookedAt(substrate), ...told.flatMap((one) => one.notLookedAt)];
        if (!json) {
            unlooked.forEach(note);
        }
        // That part of it shows none is no answer where another part could not be asked.
        const silent = rows.length === 0 && untold.length > 0;
        answer({ substrate: substrate.name, drift: rows, untold, notLookedAt: unlooked }, () =>
            silent ? "" : driftTable(substrate.name, rows, width()),
        );
        untold.forEach(({ source, reason }) => complain(`${source}: it could not be told: ${reason}`));
        return untold.length > 0 ? EXIT.failed : rows.length > 0 ? EXIT.differences : EXIT.done;
    },
});

/** Answer of a source, or why it has none. */
interface Told {
    readonly source: string;
    readonly rows: readonly DriftRow[];
    readonly notLookedAt: readonly string[];
    readonly reason?: string;
}

/** Asks a source; that one of them cannot tell keeps none of the others from telling. */
async function ask(substrate: Substrate, source: DriftSource): Promise<Told> {
    try {
        const { findings, notLookedAt: unlooked = [] } = await source.look();
        return { source: source.name, rows: rowsOf(substrate, findings), notLookedAt: unlooked };
    } catch (error) {
        if (error instanceof Refusal) {
            return { source: source.name, rows: [], notLookedAt: [], reason: error.message };
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
}

/** Every place of a substrate that drift is looked for in; each only reads. What is only planned has no node and no host. */
export function sources(substrate: Substrate): DriftSource[] {
    const machines = substrate.status === "planned" ? [] : [nodeSource(substrate), ...hostSources(substrate)];
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
function nodeSource(substrate: Substrate): DriftSource {
    return { name: "node", look: () => ofNodes(substrate) };
}

async function ofNodes(substrate: Substrate): Promise<Seen> {
    // First: a preview refreshes before the program asks, and takes for gone what the token may not see.
    await requirePreflight(substrate);
    const inventories = await withEachNode(substrate, (client, one) =>
        readInventory(client, one, driftParts(substrate, one)),
    );
    const steps = await previewNodes(substrate.name);
    const findings = nodeDrift(substrate, steps, inventories, apiToken().split("=")[0]!);
    return { findings, notLookedAt: inventories.flatMap(ofNodeNotLookedAt) };
}

/** Each host that has a baseline, by Ansible's own check. */
function hostSources(substrate: Substrate): DriftSource[] {
    let secrets: Secrets | undefined;
    return substrate.hypervisors
        .filter(({ baseline }) => baseline !== undefined)
        .map((hypervisor) => ({
            name: `host ${hypervisor.name}`,
            look: async () => ({
                findings: await hostDrift(ROOT, hypervisor, (secrets ??= hostSecrets(substrate.name))),
            }),
        }));
}

/** The stack's encrypted configuration. */
function hostSecrets(stack: string): Secrets {
    const told = pulumi("config", "--show-secrets", "--json", "--stack", stack);
    const values = JSON.parse(told) as Record<string, { value?: string }>;
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
