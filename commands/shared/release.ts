import { backupsLine, linesOf, sumOf } from "../../report/holdings";
import { leftoverWords } from "../../report/routerWords";
import { exportStack } from "../../state/client";
import type { Deployment } from "../../state/deployment";
import { holdingsOf, type Holdings } from "../../state/holdings";
import type { RouterRecordsFound } from "../../router/inventory";
import type { Substrate } from "../../substrate/substrate";
import { Refusal } from "../cli/errors";
import { withEachNode, withNodes } from "../../node/client";
import type { Inventory } from "../../node/inventory";
import { TEARDOWN_PARTS, readInventory } from "../../node/read";
import { remainsOf, withDisks } from "../../node/teardown";
import { routerLeftovers, type Gone } from "../../router/leftovers";
import { complain, tell } from "../cli/terminal";
import { routerClient } from "./routerClient";
import { sweepJobs, sweptRouter } from "./swept";

/**
 * Holdings of tenants before a run, to be told of before and after it.
 *
 * @param deployment the stack's state.
 * @param chosen which of the state's tenants.
 * @throws NodeError where a node cannot be asked.
 */
export async function holdings(
    substrate: Substrate,
    deployment: Deployment,
    chosen: (tenant: string) => boolean,
): Promise<Holdings[]> {
    const all = [...holdingsOf(deployment, substrate.plan).values()].filter(({ tenant }) => chosen(tenant));
    return all.length === 0
        ? []
        : withNodes(substrate, (nodes) => Promise.all(all.map((one) => withDisks(nodes, one))));
}

/** Prints what a run will take away. */
export function tellWhatGoes(substrate: Substrate, holdings: readonly Holdings[]): void {
    for (const one of holdings) {
        tell(`${labelOf(one)}: this goes, with all that is on the disks (${sumOf(one)}):`);
        linesOf(substrate, one).forEach((line) => tell(`  ${line}`));
        const stays = backupsLine(one);
        if (stays !== undefined) {
            tell(`  ${stays}`);
        }
    }
}

/**
 * Refuses to take VMs away before the first is stopped, where PVE would refuse one: it looks only once a VM is stopped.
 *
 * @throws Refusal with each VM and the command that mends it.
 */
export function requireUnguarded(held: readonly Holdings[]): void {
    const reasons = held.flatMap((one) => guardsOf(one).map((guard) => `${one.tenant} is not torn down: ${guard}`));
    if (reasons.length > 0) {
        throw new Refusal([...reasons, "Nothing was stopped. The commands are root's, on the node."].join("\n"));
    }
}

/** Reasons of the nodes' not to delete a VM, each with the command that mends it. */
export function guardsOf({ vms }: Holdings): readonly string[] {
    return vms.flatMap(({ guards = [] }) => guards);
}

/** A tenant, or its one VM that holdings are of, as `grooveiq/api-vm01`. */
export function labelOf({ tenant, only, vms }: Holdings): string {
    return only === undefined ? tenant : `${tenant}/${vms[0]?.name ?? only}`;
}

/**
 * Prints what was released of tenants that the state has no more, and looks at node and router whether anything is left. What a run that
 * was killed wrote to the router unheard goes, too.
 *
 * @param never tenants that the state did not have before, either: of them only what is left is told.
 * @returns false where something is left, or where it cannot be told.
 */
export async function tellReleased(
    substrate: Substrate,
    before: readonly Holdings[],
    never: readonly Gone[] = [],
): Promise<boolean> {
    const after =
        before.length === 0
            ? new Map<string, Holdings>()
            : holdingsOf(exportStack(substrate.name).deployment, substrate.plan);
    const released = before.filter(({ tenant, only }) =>
        only === undefined ? !after.has(tenant) : !after.get(tenant)?.vms.some(({ vmid }) => vmid === only),
    );
    const whole = released.filter(({ only }) => only === undefined);
    const inventories = readOnce(substrate, whole, never);
    let clean = true;
    for (const one of released) {
        tell(`${labelOf(one)}: released (${sumOf(one)}):`);
        linesOf(substrate, one).forEach((line) => tell(`  ${line}`));
        clean = (await verify(substrate, one, inventories)) && clean;
    }
    for (const one of never) {
        clean = (await verifyNever(substrate, one, inventories)) && clean;
    }
    return clean;
}

/** Tenants that files declare and the state does not have: a run may have been killed before it heard of anything. */
export function neverHeld({ tenants }: Substrate, held: readonly Holdings[]): Gone[] {
    return tenants
        .filter(({ name }) => !held.some(({ tenant }) => tenant === name))
        .map(({ name, segment }) => ({ tenant: name, vlans: [segment.vlan] }));
}

/** Inventories after a run; the router's is undefined where nobody can read it. */
interface Inventories {
    readonly nodes: readonly Inventory[];
    readonly router: RouterRecordsFound | undefined;
    /** Tenants that the state never had, of which no node has anything. */
    readonly nowhere: readonly Gone[];
}

/** Reads nodes and router when it is asked first, and once for all tenants. */
function readOnce(
    substrate: Substrate,
    released: readonly Holdings[],
    never: readonly Gone[],
): () => Promise<Inventories> {
    let inventories: Promise<Inventories> | undefined;
    const read = async () => {
        const nodes = await withEachNode(substrate, (client, one) => readInventory(client, one, TEARDOWN_PARTS));
        const client = routerClient(substrate);
        // Where a node has something of it, another state may have the tenant, and its records on the router are that one's.
        const nowhere = never.filter(({ tenant }) => remainsOf({ tenant, vms: [] }, nodes).length === 0);
        const gone = [...released, ...nowhere];
        // Where no file and no state has jobs, the token may not be able to see any.
        if (
            [...released.map(({ jobs }) => jobs), ...substrate.tenants.map((one) => one.backupJobs)].flat().length > 0
        ) {
            await sweepJobs(substrate, gone);
        }
        return { nodes, nowhere, router: client && (await sweptRouter(client, substrate, gone)) };
    };
    return () => (inventories ??= read());
}

/** Whether nothing is left of a tenant that the state never had; where it cannot be asked for, nothing is known to be. */
async function verifyNever(
    substrate: Substrate,
    gone: Gone,
    inventories: () => Promise<Inventories>,
): Promise<boolean> {
    try {
        const { nowhere, router } = await inventories();
        const { leftovers } = onRouter(substrate, nowhere.includes(gone) ? router : undefined, gone);
        return leftovers.length === 0 || tellLeftovers(gone.tenant, leftovers, NOTHING_ELSE);
    } catch (error) {
        if (error instanceof Refusal) {
            return true;
        }
        throw error;
    }
}

async function verify(
    substrate: Substrate,
    holdings: Holdings,
    inventories: () => Promise<Inventories>,
): Promise<boolean> {
    const tenant = labelOf(holdings);
    try {
        const { nodes, router: inventory } = await inventories();
        // The records of one VM stand among its tenant's, which the next up writes.
        const router = onRouter(substrate, holdings.only === undefined ? inventory : undefined, holdings);
        return tellLeftovers(tenant, [...remainsOf(holdings, nodes), ...router.leftovers], router);
    } catch (error) {
        if (error instanceof Refusal) {
            complain(`${tenant}: whether anything is left is not known: ${error.message}`);
            return false;
        }
        throw error;
    }
}

/** Leftovers on the router; in mode export it is the collection's to take away, which deletes nothing by itself. */
interface OnRouter {
    readonly leftovers: readonly string[];
    readonly others: readonly string[];
    readonly stays: readonly string[];
    readonly wasRead: boolean;
}

const NOTHING_ELSE: OnRouter = { leftovers: [], others: [], stays: [], wasRead: false };

function onRouter(substrate: Substrate, inventory: RouterRecordsFound | undefined, gone: Gone): OnRouter {
    if (inventory === undefined) {
        return NOTHING_ELSE;
    }
    const { records, assigned } = routerLeftovers(inventory, substrate, gone);
    const found = records.map(leftoverWords);
    const stays = assigned.map(({ device, identifier }) => `router: VLAN device ${device}, assigned as ${identifier}`);
    const ours = substrate.coreRouter.mode === "api";
    return { leftovers: ours ? found : [], others: ours ? [] : found, stays, wasRead: true };
}

function tellLeftovers(tenant: string, leftovers: readonly string[], { others, stays, wasRead }: OnRouter): boolean {
    stays.forEach((line) => tell(`  stays: ${line}`));
    others.forEach((line) => tell(`  stays, for the site's collection deletes nothing by itself: ${line}`));
    if (leftovers.length > 0) {
        complain(`${tenant}: this is left, and should not be:`);
        leftovers.forEach((line) => complain(`  ${line}`));
        return false;
    }
    tell(
        `  verified: nothing of ${tenant} is left on the node${wasRead && others.length === 0 ? " or the router" : ""}`,
    );
    return true;
}
