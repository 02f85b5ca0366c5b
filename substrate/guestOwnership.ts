import { slotOf } from "./plan";
import type { Substrate, WorkloadVm } from "./substrate";

/** The parts of a guest on a node that tell whose it is. */
export interface MarkedGuest {
    readonly vmid: number;
    readonly name: string;
    /** PVE pool; missing for a guest in none. */
    readonly pool?: string;
    readonly tags: readonly string[];
    readonly template: boolean;
}

/** Whose a guest is, and by what. */
export interface Owner {
    /** Missing where the guest is a tenant's, and nothing says whose. */
    readonly tenant?: string;
    readonly by: Mark | "vlan";
}

/** A mark of a tenant on a guest: it is in its pool, or has its tag. */
export type Mark = "pool" | "tag";

/** Tag of every VM of a tenant; a template may have it for its clones to inherit. */
const TENANT_TAG = "tenant";

/** The marks of a tenant that a guest bears, be it a template or not. */
export function marksOf({ pool, tags }: MarkedGuest, tenant: string): Mark[] {
    return [...(pool === tenant ? ["pool" as const] : []), ...(tags.includes(tenant) ? ["tag" as const] : [])];
}

/** Whether a guest bears a mark of a tenant: with one it is the tenant's, wherever its VMID lies. */
export function bearsMarkOf(guest: MarkedGuest, tenant: string): boolean {
    return marksOf(guest, tenant).length > 0;
}

/** Whether a guest that has a VM's VMID is that VM: it is, unless somebody took pool, tag and name away. */
export function isVm(guest: MarkedGuest, { tenant, name }: WorkloadVm): boolean {
    return bearsMarkOf(guest, tenant) || guest.name === name;
}

/**
 * Whose a guest is: that tenant's whose pool it is in, else whose tag it has; with the tag of all tenants' VMs that of a
 * tenant that no file has any more; else by its VMID that of the tenant on the VLAN. Undefined for a guest that is none of
 * ours.
 *
 * @param substrate the files' tenants, and the plan that VMIDs are of.
 */
export function ownerOf(guest: MarkedGuest, substrate: Pick<Substrate, "plan" | "tenants">): Owner | undefined {
    const { plan, tenants } = substrate;
    const { vmid, pool, tags, template } = guest;
    const by = (mark: Mark) => tenants.find(({ name }) => marksOf(guest, name).includes(mark))?.name;
    const [pooled, tagged] = [by("pool"), by("tag")];
    if (pooled !== undefined) {
        return { tenant: pooled, by: "pool" };
    }
    if (tagged !== undefined) {
        return { tenant: tagged, by: "tag" };
    }
    if (tags.includes(TENANT_TAG) && !template) {
        const former = pool ?? tags.find((tag) => tag !== TENANT_TAG);
        return { ...(former !== undefined && { tenant: former }), by: pool === undefined ? "tag" : "pool" };
    }
    const slot = slotOf(plan, vmid);
    const there = tenants.find(({ segment }) => segment.vlan === slot?.vlan);
    return slot !== undefined ? { ...(there && { tenant: there.name }), by: "vlan" } : undefined;
}

/** A guest's NIC, as far as it says in which VLANs of which bridge it is. */
export interface Nic {
    /** PVE's name, such as net0. */
    readonly name: string;
    readonly bridge: string;
    /** VLAN of what it sends untagged. */
    readonly tag?: number;
    /** VLANs of what it may send tagged, as PVE writes them: `10;20-29`. */
    readonly trunks?: string;
}

/** Way by which a NIC is in a VLAN; `all`: without tag and trunks PVE lets it into every VLAN of its bridge. */
export type Reach = "tag" | "trunks" | "all";

/**
 * Way by which a NIC is in a VLAN of its bridge; undefined for none. A NIC with neither tag nor trunks gets the VLANs 2 to
 * 4094 of a VLAN-aware bridge (pve-common 8.3, src/PVE/Network.pm:278-291, bridge_add_interface), and on any other bridge
 * its tagged frames go out as they are.
 */
export function reachOf({ tag, trunks }: Nic, vlan: number): Reach | undefined {
    if (tag === vlan) {
        return "tag";
    }
    const trunked = (trunks ?? "").split(";").some((range) => {
        const [first = NaN, last = first] = range.split("-").map(Number);
        return first <= vlan && vlan <= last;
    });
    return trunked ? "trunks" : tag === undefined && trunks === undefined ? "all" : undefined;
}
