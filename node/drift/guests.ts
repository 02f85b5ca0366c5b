import { ownerOf, reachOf, type Nic, type Reach } from "../../substrate/guestOwnership";
import type { Settle } from "../../substrate/findings";
import { otherVlans, slotOf, vmidsText, type NetworkPlan } from "../../substrate/plan";
import type { Segment } from "../../substrate/substrate";
import type { Guest, Inventory } from "../inventory";
import { nicsIn } from "../nics";
import { vmFinding, type NodeFinding, type NodeView } from "./view";

/** A NIC in tenants' segments, and how it is in them. */
export interface NicInSegments {
    readonly nic: string;
    readonly by: Reach;
    readonly segments: readonly Pick<Segment, "tenant" | "vlan">[];
}

/**
 * Guests on a node that no file declares and that are in what is ours: with a VMID of the tenants' VLANs, in a tenant's
 * pool, with our tags, or with a NIC in a tenant's segment, whatever else they are. A template never runs, so its NICs are in
 * none.
 *
 * @param known VMIDs that other findings are about.
 */
export function undeclaredGuests(view: NodeView, inventory: Inventory, known: ReadonlySet<number>): NodeFinding[] {
    return [...inventory.guests.values()]
        .filter(({ vmid }) => !view.vms.has(vmid) && !known.has(vmid))
        .flatMap((guest) => undeclared(view, inventory, guest) ?? []);
}

function undeclared(view: NodeView, inventory: Inventory, guest: Guest): NodeFinding | undefined {
    const { tenants, plan } = view.substrate;
    const owner = ownerOf(guest, view.substrate);
    const nics = guest.template ? [] : nicsInSegments(view, inventory, guest.vmid);
    if (owner === undefined && nics.length === 0) {
        return undefined;
    }
    const { vmid, name, status, pool, tags } = guest;
    const reached = [...new Set(nics.flatMap(({ segments }) => segments.map(({ tenant }) => tenant)))];
    const tenant = owner === undefined ? (reached.length === 1 ? reached[0] : undefined) : owner.tenant;
    const named = tenants.find((one) => one.name === tenant)?.name;
    const settle = { ...settleOf(plan, vmid, owner !== undefined), ...(guest.template && { template: true as const }) };
    const found = { status, pool, tags, ...(nics.length > 0 && { nics: nics.map(asValue) }) };
    const { subject, ...finding } = vmFinding(
        { tenant: named, node: inventory.node, vmid, name },
        { found, settle, task: "created" },
    );
    return { ...finding, subject: { ...subject, kind: guest.type === "lxc" ? "container" : "vm" } };
}

function settleOf(plan: NetworkPlan, vmid: number, marked: boolean): Extract<Settle, { by: "guest" }> {
    if (slotOf(plan, vmid) !== undefined) {
        return { by: "guest", of: "vmid", range: vmidsText(plan) };
    }
    return marked ? { by: "guest", of: "mark" } : { by: "guest", of: "nic", range: otherVlans(plan) };
}

/** NICs of a guest in the segments of the node's tenants. On a flat network nothing keeps tenants apart, and it is nobody's. */
export function nicsInSegments({ substrate }: NodeView, { node, configs }: Inventory, vmid: number): NicInSegments[] {
    const hypervisor = substrate.hypervisors.find((one) => one.node === node);
    const segments = substrate.tenants
        .filter(({ segment, hypervisor: name }) => segment.tagged && name === hypervisor?.name)
        .map(({ segment }) => segment);
    return nicsIn(configs.get(vmid) ?? {})
        .filter(({ bridge }) => bridge === hypervisor?.bridge)
        .flatMap((nic) => inSegments(nic, segments) ?? []);
}

function inSegments(nic: Nic, segments: readonly Segment[]): NicInSegments | undefined {
    const reached = segments.filter(({ vlan }) => reachOf(nic, vlan) !== undefined);
    return reached.length === 0
        ? undefined
        : {
              nic: nic.name,
              by: reachOf(nic, reached[0]!.vlan)!,
              segments: reached.map(({ tenant, vlan }) => ({ tenant, vlan })),
          };
}

function asValue({ nic, by, segments }: NicInSegments) {
    return { nic, by, vlans: segments.map(({ vlan }) => vlan) };
}
