import { isTenantVmid, ownerOf } from "../../substrate/guestOwnership";
import type { Guest, Inventory } from "../inventory";
import { text, vmRow, type NodeRow, type NodeView } from "./view";

/**
 * Guests on a node that no file declares and that are in what is ours: with a VMID of the tenants' VLANs, in a tenant's
 * pool, or with our tags.
 *
 * @param known VMIDs that other rows tell of.
 */
export function undeclaredRows(view: NodeView, { node, guests }: Inventory, known: ReadonlySet<number>): NodeRow[] {
    return [...guests.values()]
        .filter(({ vmid }) => !view.vms.has(vmid) && !known.has(vmid))
        .flatMap((guest) => undeclaredRow(view, node, guest) ?? []);
}

function undeclaredRow({ substrate }: NodeView, node: string, guest: Guest): NodeRow | undefined {
    const owner = ownerOf(guest, substrate.tenants);
    if (owner === undefined) {
        return undefined;
    }
    const tenant = substrate.tenants.find(({ name }) => name === owner.tenant);
    const { vmid, name } = guest;
    const settle = isTenantVmid(vmid)
        ? "by hand, on the node: give it a VMID below 5001 or above 5999, or delete it; or declare it in a tenant's file"
        : "by hand, on the node: take it out of the tenant's pool and its tags off; or delete it";
    return vmRow({ tenant: tenant?.name ?? "", node, vmid, name }, "", { found: marksOf(guest), settle }, "made");
}

/** What a guest bears, in words. */
function marksOf({ status, pool, tags }: Guest): string {
    const marks = [status, pool ? `pool ${pool}` : "", `tags ${text(tags)}`];
    return marks.filter((mark) => mark !== "").join(", ");
}
