import type { HeldOnRouter } from "../components/checkClaims";
import type { Substrate, Tenant } from "../substrate/substrate";
import type { Row, RouterClient } from "./client";
import { isTenants, ownerOfRecord } from "../substrate/recordOwnership";
import { text } from "./ownership";

/**
 * What of tenants' VLANs and subnets is not theirs on the router, reading only. A VLAN device that the one-time step or the
 * lab's collection made is nobody's, and is used as it is; one that bears another tenant's mark is that tenant's still.
 *
 * @throws RouterError where the router cannot be asked.
 */
export async function heldByOthers(
    client: RouterClient,
    { coreRouter }: Substrate,
    tenants: readonly Tenant[],
): Promise<HeldOnRouter[]> {
    const devices = await client.search("interfaces/vlan_settings/searchItem");
    const subnets = await client.search("kea/dhcpv4/search_subnet");
    return tenants.flatMap(({ name, segment: { vlan, subnet } }) => {
        const marked = (row: Row) => ![undefined, name].includes(ownerOfRecord(row["descr"]));
        const device = devices.find(
            (row) => text(row, "tag") === String(vlan) && text(row, "if") === coreRouter.vlanParent && marked(row),
        );
        const scope = subnets.find(
            (row) => text(row, "subnet") === subnet.cidr && !isTenants(row["description"], name),
        );
        return [
            ...(device === undefined ? [] : [{ vlan, record: `VLAN device ${JSON.stringify(text(device, "descr"))}` }]),
            ...(scope === undefined
                ? []
                : [{ vlan, record: `Kea subnet ${JSON.stringify(text(scope, "description"))}` }]),
        ];
    });
}
