import { isTenants } from "../substrate/recordOwnership";
import type { Substrate } from "../substrate/substrate";
import type { RouterClient } from "./client";
import { removeScope } from "./dhcp/kind";
import { carrierOf, vlanRow } from "./inventory";
import type { Gone } from "./leftovers";
import { removeNames } from "./names/kind";
import { queueOf } from "./queue";
import { readInventory } from "./read";
import { descriptionOf, tenantsRows } from "./rows";
import { removeRules } from "./rules/kind";
import { partOf } from "./run";
import { VLANS } from "./vlan/fields";
import { remove } from "./write";

/**
 * Takes away the records that bear the mark of a tenant that is gone: a run that was killed wrote them, and its state never heard of them.
 * What has no mark stays, and so does a VLAN device that is assigned, as after every teardown.
 *
 * @throws RouterError where the router refuses it, or a record of somebody else's needs one of them.
 */
export async function removeLeft(client: RouterClient, { coreRouter }: Substrate, gone: Gone): Promise<void> {
    const { tenant, vlans } = gone;
    await queueOf(client.endpoint).run(client, { part: partOf("rules", tenant), removes: true }, async (writer) => {
        await removeRules(writer, tenant);
        await removeNames(writer, tenant);
        const inventory = await readInventory(writer.client, ["subnets", "reservations", "vlans", "interfaces"]);
        for (const subnet of tenantsRows(inventory.subnets, tenant)) {
            await removeScope(writer, tenant, subnet, inventory.reservations);
        }
        const devices = vlans.flatMap((vlan) => vlanRow(inventory, coreRouter.vlanParent, vlan) ?? []);
        const spare = devices.filter((row) => isTenants(descriptionOf(row), tenant) && !carrierOf(inventory, row));
        await remove(writer, VLANS, spare);
    });
}
