import type { SubstrateDefinition, VmDefinition } from "../definitions/definitions";
import { macOf } from "./identity";
import { siteSegment, subnetOf, type NetworkPlan } from "./plan";

/** A NIC beside the first. */
export interface FurtherNic {
    /** Its PVE name, net1 to net7. */
    readonly interface: string;
    /** The segment of the site that it is in; missing for the tenant's own. */
    readonly segment?: string;
    readonly vlan: number;
    /** Subnet of the segment, in CIDR form, and the router's address in it. */
    readonly cidr: string;
    readonly gateway: string;
    readonly address: string;
    /** Lower case; of an automatic one the files know nothing: the state does (state/identities.ts). */
    readonly mac?: string;
}

/** PVE's name of a VM's NIC by its place in `networkInterfaces`; net0 stands before them. */
export function nicName(index: number): string {
    return `net${index + 1}`;
}

/** The NICs of a VM beside its first one, with what the plan says of their segments. */
export function furtherNicsOf(
    macPolicy: SubstrateDefinition["macPolicy"],
    plan: NetworkPlan,
    vlan: number,
    { instance, networkInterfaces }: Pick<VmDefinition, "instance" | "networkInterfaces">,
): FurtherNic[] {
    return networkInterfaces.map(({ segment, address }, index) => ({
        interface: nicName(index),
        ...(segment !== undefined && { segment }),
        ...placeOf(plan, vlan, segment),
        address,
        ...(macPolicy === "deterministic" && { mac: macOf(plan.site, vlan, instance, index + 1) }),
    }));
}

/** VLAN, subnet and gateway of a checked segment; without one they are the tenant's own. */
function placeOf(plan: NetworkPlan, own: number, segment: string | undefined) {
    if (segment === undefined) {
        const { cidr, gateway } = subnetOf(plan, own)!;
        return { vlan: own, cidr, gateway };
    }
    const { vlan, cidr, gateway } = siteSegment(plan, segment)!;
    return { vlan: vlan!, cidr, gateway };
}
