import { TENANT_VLANS, vlanOf } from "../../substrate/identity";
import { tagsOf, type Listed } from "../survey";
import type { NodeLook } from "../look";
import { text, vmRow, type NodeRow, type NodeView } from "./view";

/** Tag of every VM of a tenant. */
const TAG = "tenant";

/**
 * Guests on a node that no file declares and that are in what is ours: with a VMID of the tenants' VLANs, in a tenant's
 * pool, or with our tags.
 *
 * @param known VMIDs that other rows tell of.
 */
export function strangerRows(view: NodeView, look: NodeLook, known: ReadonlySet<number>): NodeRow[] {
    return look.guests
        .filter(({ vmid }) => !view.vms.has(vmid) && !known.has(vmid))
        .flatMap((guest) => strangerRow(view, guest) ?? []);
}

function strangerRow({ substrate }: NodeView, guest: Listed): NodeRow | undefined {
    const { tenants } = substrate;
    const tags = tagsOf(guest);
    const byMark = tenants.find(({ name }) => guest.pool === name || tags.includes(name));
    const vlan = vlanOf(guest.vmid);
    const inRange = vlan >= TENANT_VLANS.first && vlan <= TENANT_VLANS.last && guest.vmid % 100 > 0;
    const isMarked = byMark !== undefined || (tags.includes(TAG) && guest.template !== 1);
    if (!isMarked && !inRange) {
        return undefined;
    }
    const tenant = byMark ?? tenants.find(({ segment }) => inRange && segment.vlan === vlan);
    const { vmid, name = "", node } = guest;
    const settle = inRange
        ? "by hand, on the node: give it a VMID below 5001 or above 5999, or delete it; or declare it in a tenant's file"
        : "by hand, on the node: take it out of the tenant's pool and its tags off; or delete it";
    return vmRow({ tenant: tenant?.name ?? "", node, vmid, name }, "", { found: marksOf(guest), settle }, "made");
}

/** What a guest bears, in words. */
function marksOf(guest: Listed): string {
    const marks = [guest.status ?? "", guest.pool ? `pool ${guest.pool}` : "", `tags ${text(tagsOf(guest))}`];
    return marks.filter((mark) => mark !== "").join(", ");
}
