import { withEachNode } from "../../node/client";
import { removeLeftJobs } from "../../node/jobs/left";
import { leftoverWords } from "../../report/routerWords";
import type { RouterClient } from "../../router/client";
import type { RouterRecordsFound } from "../../router/inventory";
import { routerLeftovers, type Gone } from "../../router/leftovers";
import { RECORD_PARTS, readInventory } from "../../router/read";
import { removeLeft } from "../../router/removeLeft";
import type { Substrate } from "../../substrate/substrate";
import { tell } from "../cli/terminal";

/** Words before each thing that is taken away. */
function alsoGone(tenant: string): string {
    return `${tenant}: also gone, written by a run that was killed:`;
}

/**
 * Takes away backup jobs with the marks of tenants that are gone, as a run left them that was killed before the state heard of them; says
 * which.
 *
 * @throws NodeError where a node cannot be asked, or refuses it.
 */
export async function sweepJobs(substrate: Substrate, gone: readonly Gone[]): Promise<void> {
    await withEachNode(substrate, async (client, { node }) => {
        for (const { tenant } of gone) {
            const ids = await removeLeftJobs(client, tenant);
            ids.forEach((id) => tell(`${alsoGone(tenant)} node ${node}: backup job ${id}`));
        }
    });
}

/**
 * Takes away what tenants that are gone have left on the router with their mark, which a run wrote that was killed before the state
 * heard of it; says what that was. Where the site's collection writes the router, nothing is touched.
 *
 * @returns the records that the router has then.
 * @throws RouterError where the router cannot be asked, or refuses it.
 */
export async function sweptRouter(
    client: RouterClient,
    substrate: Substrate,
    gone: readonly Gone[],
): Promise<RouterRecordsFound> {
    const found = await readInventory(client, RECORD_PARTS);
    const leftOf = (inventory: RouterRecordsFound, one: Gone) =>
        routerLeftovers(inventory, substrate, one).records.map(leftoverWords);
    const left = gone.filter((one) => substrate.coreRouter.mode === "api" && leftOf(found, one).length > 0);
    if (left.length === 0) {
        return found;
    }
    for (const one of left) {
        await removeLeft(client, substrate, one);
    }
    const after = await readInventory(client, RECORD_PARTS);
    for (const one of left) {
        const stays = new Set(leftOf(after, one));
        const went = leftOf(found, one).filter((words) => !stays.has(words));
        went.forEach((words) => tell(`${alsoGone(one.tenant)} ${words}`));
    }
    return after;
}
