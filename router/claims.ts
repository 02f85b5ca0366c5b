import { isTenants, ownerOfRecord } from "../substrate/recordOwnership";
import type { Substrate, Tenant } from "../substrate/substrate";
import type { RouterClient } from "./client";
import { subnetRow } from "./dhcp/fields";
import { vlanRow } from "./inventory";
import { readInventory } from "./read";
import { requireSupported } from "./version";

/** A VLAN that a record on the core router claims for somebody else than the tenant. */
export interface RouterClaim {
    readonly vlan: number;
    /** The record, as the router has it: `Kea subnet "trusted (VLAN 10)"`. */
    readonly record: string;
}

/**
 * Claims of others on tenants' VLANs and subnets on the router, reading only. A VLAN device that the one-time step or the
 * site's collection made is nobody's, and is used as it is; one that bears another tenant's mark is that tenant's still.
 *
 * @throws RouterError where the router cannot be asked, or is too old to be written to.
 */
export async function claimsOfOthers(
    client: RouterClient,
    { coreRouter }: Substrate,
    tenants: readonly Tenant[],
): Promise<RouterClaim[]> {
    await requireSupported(client);
    const inventory = await readInventory(client, ["vlans", "subnets"]);
    return tenants.flatMap(({ name, segment: { vlan, subnet } }) => {
        const claim = (kind: string, description: unknown) => ({
            vlan,
            record: `${kind} ${JSON.stringify(description)}`,
        });
        const device = vlanRow(inventory, coreRouter.vlanParent, vlan)?.["descr"];
        const scope = subnetRow(inventory, subnet.cidr);
        return [
            ...([undefined, name].includes(ownerOfRecord(device)) ? [] : [claim("VLAN device", device)]),
            ...(scope === undefined || isTenants(scope["description"], name)
                ? []
                : [claim("Kea subnet", scope["description"])]),
        ];
    });
}
