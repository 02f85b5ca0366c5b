import { holdingsOf, linesOf, sumOf, type Holdings } from "../model/holdings";
import type { Substrate } from "../model/substrate";
import { NodeError } from "../node/client";
import { leftOnNodes, withDisks } from "../node/held";
import { RouterError } from "../router/errors";
import { leftOnRouter } from "../router/left";
import { lookAt } from "../router/look";
import { withNodes } from "./nodes";
import { exportStack } from "./pulumi";
import { routerClient } from "./routerClient";

/**
 * What tenants of the stack's state have on node and router before a run, to be told of before and after it.
 *
 * @param chosen which of the state's tenants.
 * @throws NodeError where a node cannot be asked.
 */
export async function holdings(substrate: Substrate, chosen: (tenant: string) => boolean): Promise<Holdings[]> {
    const held = [...holdingsOf(exportStack(substrate.name).deployment).values()].filter(({ tenant }) =>
        chosen(tenant),
    );
    return held.length === 0
        ? []
        : withNodes(substrate, (nodes) => Promise.all(held.map((one) => withDisks(nodes, one))));
}

/** Prints what a run will take away. */
export function tellWhatGoes(substrate: Substrate, held: readonly Holdings[]): void {
    for (const one of held) {
        console.log(`${one.tenant}: this goes, with all that is on the disks (${sumOf(one)}):`);
        linesOf(substrate, one).forEach((line) => console.log(`  ${line}`));
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
    let clean = true;
    for (const one of released) {
        console.log(`${one.tenant}: released (${sumOf(one)}):`);
        linesOf(substrate, one).forEach((line) => console.log(`  ${line}`));
        clean = (await verify(substrate, one)) && clean;
    }
    return clean;
}

async function verify(substrate: Substrate, held: Holdings): Promise<boolean> {
    try {
        const datastores = new Map(substrate.hypervisors.map(({ node, datastore }) => [node, datastore]));
        const node = await withNodes(substrate, (nodes) => leftOnNodes(nodes, datastores, held));
        const router = await onRouter(substrate, held);
        return tellLeft(held.tenant, [...node, ...router.left], router);
    } catch (error) {
        if (error instanceof NodeError || error instanceof RouterError) {
            console.error(`${held.tenant}: it could not be told whether anything is left: ${error.message}`);
            return false;
        }
        throw error;
    }
}

/** What is on the router; in mode export it is the collection's to take away, which deletes nothing by itself. */
interface OnRouter {
    readonly left: readonly string[];
    readonly others: readonly string[];
    readonly stays: readonly string[];
    readonly looked: boolean;
}

async function onRouter(substrate: Substrate, held: Holdings): Promise<OnRouter> {
    const client = routerClient(substrate);
    if (client === undefined) {
        return { left: [], others: [], stays: [], looked: false };
    }
    const { left, stays } = leftOnRouter(await lookAt(client), substrate, held);
    const ours = substrate.coreRouter.mode === "api";
    return { left: ours ? left : [], others: ours ? [] : left, stays, looked: true };
}

function tellLeft(tenant: string, left: readonly string[], { others, stays, looked }: OnRouter): boolean {
    stays.forEach((line) => console.log(`  stays: ${line}`));
    others.forEach((line) => console.log(`  stays, for the lab's collection deletes nothing by itself: ${line}`));
    if (left.length > 0) {
        console.error(`${tenant}: this is left, and should not be:`);
        left.forEach((line) => console.error(`  ${line}`));
        return false;
    }
    console.log(
        `  verified: nothing of ${tenant} is left on the node${looked && others.length === 0 ? " or the router" : ""}`,
    );
    return true;
}
