import { isTenantVmid, ownerOf } from "../../substrate/guestOwnership";
import type { Guest, Inventory } from "../inventory";
import { vmFinding, type NodeFinding, type NodeView } from "./view";

/**
 * Guests on a node that no file declares and that are in what is ours: with a VMID of the tenants' VLANs, in a tenant's
 * pool, or with our tags.
 *
 * @param known VMIDs that other findings are about.
 */
export function undeclaredGuests(
    view: NodeView,
    { node, guests }: Inventory,
    known: ReadonlySet<number>,
): NodeFinding[] {
    return [...guests.values()]
        .filter(({ vmid }) => !view.vms.has(vmid) && !known.has(vmid))
        .flatMap((guest) => undeclared(view, node, guest) ?? []);
}

function undeclared({ substrate }: NodeView, node: string, guest: Guest): NodeFinding | undefined {
    const owner = ownerOf(guest, substrate.tenants);
    const tenant = substrate.tenants.find(({ name }) => name === owner?.tenant)?.name;
    const { vmid, name, status, pool, tags } = guest;
    const settle = { by: "guest", inRange: isTenantVmid(vmid) } as const;
    return owner && vmFinding({ tenant, node, vmid, name }, { found: { status, pool, tags }, settle, task: "created" });
}
