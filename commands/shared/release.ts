import { linesOf, sumOf } from "../../report/holdings";
import { leftoverWords } from "../../report/routerWords";
import { exportStack } from "../../state/client";
import { holdingsOf, type Holdings } from "../../state/holdings";
import type { RouterInventory } from "../../router/inventory";
import type { Substrate } from "../../substrate/substrate";
import { Refusal } from "../cli/errors";
import { withEachNode, withNodes } from "../../node/client";
import type { Inventory } from "../../node/inventory";
import { TEARDOWN_PARTS, readInventory } from "../../node/read";
import { remainsOf, withDisks } from "../../node/teardown";
import { routerLeftovers } from "../../router/leftovers";
import { readInventory as readRouter } from "../../router/read";
import { tell } from "../cli/terminal";
import { routerClient } from "./routerClient";

/**
 * Holdings of tenants of the stack's state before a run, to be told of before and after it.
 *
 * @param chosen which of the state's tenants.
 * @throws NodeError where a node cannot be asked.
 */
export async function holdings(substrate: Substrate, chosen: (tenant: string) => boolean): Promise<Holdings[]> {
    const all = [...holdingsOf(exportStack(substrate.name).deployment).values()].filter(({ tenant }) => chosen(tenant));
    return all.length === 0
        ? []
        : withNodes(substrate, (nodes) => Promise.all(all.map((one) => withDisks(nodes, one))));
}

/** Prints what a run will take away. */
export function tellWhatGoes(substrate: Substrate, held: readonly Holdings[]): void {
    for (const one of held) {
        tell(`${one.tenant}: this goes, with all that is on the disks (${sumOf(one)}):`);
        linesOf(substrate, one).forEach((line) => tell(`  ${line}`));
    }
}

/**
 * Refuses to take VMs away before the first is stopped, where PVE would refuse one: it looks only once a VM is stopped.
 *
 * @throws Refusal with each VM and the command that mends it.
 */
export function requireUnguarded(held: readonly Holdings[]): void {
    const reasons = held.flatMap(({ tenant, vms }) =>
        vms.flatMap(({ guards = [] }) => guards.map((guard) => `${tenant} is not torn down: ${guard}`)),
    );
    if (reasons.length > 0) {
        throw new Refusal([...reasons, "Nothing was stopped. The commands are root's, on the node."].join("\n"));
    }
}

/**
 * Prints what was released of tenants that the state has no more, and looks at node and router whether anything is left.
 *
 * @returns false where something is left, or where it cannot be told.
 */
export async function tellReleased(substrate: Substrate, before: readonly Holdings[]): Promise<boolean> {
    const after = before.length === 0 ? new Map() : holdingsOf(exportStack(substrate.name).deployment);
    const released = before.filter(({ tenant }) => !after.has(tenant));
    const look = lookOnce(substrate);
    let clean = true;
    for (const one of released) {
        tell(`${one.tenant}: released (${sumOf(one)}):`);
        linesOf(substrate, one).forEach((line) => tell(`  ${line}`));
        clean = (await verify(substrate, one, look)) && clean;
    }
    return clean;
}

/** Nodes and router after a run; the router is undefined where nobody can look at it. */
interface Seen {
    readonly nodes: readonly Inventory[];
    readonly router: RouterInventory | undefined;
}

/** Looks at nodes and router when it is asked first, and once for all tenants. */
function lookOnce(substrate: Substrate): () => Promise<Seen> {
    let seen: Promise<Seen> | undefined;
    const look = async () => {
        const nodes = await withEachNode(substrate, (client, one) => readInventory(client, one, TEARDOWN_PARTS));
        const client = routerClient(substrate);
        return { nodes, router: client && (await readRouter(client)) };
    };
    return () => (seen ??= look());
}

async function verify(substrate: Substrate, held: Holdings, look: () => Promise<Seen>): Promise<boolean> {
    try {
        const { nodes, router: inventory } = await look();
        const router = onRouter(substrate, inventory, held);
        return tellLeft(held.tenant, [...remainsOf(held, nodes), ...router.left], router);
    } catch (error) {
        if (error instanceof Refusal) {
            console.error(`${held.tenant}: it could not be told whether anything is left: ${error.message}`);
            return false;
        }
        throw error;
    }
}

/** Leftovers on the router; in mode export it is the collection's to take away, which deletes nothing by itself. */
interface OnRouter {
    readonly left: readonly string[];
    readonly others: readonly string[];
    readonly stays: readonly string[];
    readonly looked: boolean;
}

function onRouter(substrate: Substrate, inventory: RouterInventory | undefined, held: Holdings): OnRouter {
    if (inventory === undefined) {
        return { left: [], others: [], stays: [], looked: false };
    }
    const { records, assigned } = routerLeftovers(inventory, substrate, held);
    const left = records.map(leftoverWords);
    const stays = assigned.map(({ device, identifier }) => `router: VLAN device ${device}, assigned as ${identifier}`);
    const ours = substrate.coreRouter.mode === "api";
    return { left: ours ? left : [], others: ours ? [] : left, stays, looked: true };
}

function tellLeft(tenant: string, left: readonly string[], { others, stays, looked }: OnRouter): boolean {
    stays.forEach((line) => tell(`  stays: ${line}`));
    others.forEach((line) => tell(`  stays, for the site's collection deletes nothing by itself: ${line}`));
    if (left.length > 0) {
        console.error(`${tenant}: this is left, and should not be:`);
        left.forEach((line) => console.error(`  ${line}`));
        return false;
    }
    tell(
        `  verified: nothing of ${tenant} is left on the node${looked && others.length === 0 ? " or the router" : ""}`,
    );
    return true;
}
