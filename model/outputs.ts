import type { Substrate } from "./substrate";

/** One segment of a stack's output `segments`. */
export interface SegmentOutput {
    readonly tenant: string;
    readonly vlan: number;
    /** Subnet in CIDR form. */
    readonly subnet: string;
    readonly gateway: string;
    /** First and last address of the DHCP pool, as `first-last`. */
    readonly dhcpPool: string;
    readonly zone: string;
}

/** One VM of a stack's output `vms`. */
export interface VmOutput {
    readonly tenant: string;
    readonly name: string;
    readonly vmid: number;
    /** MAC of the NIC, lower case. */
    readonly mac: string;
    readonly vlan: number;
    /** Subnet of the segment, in CIDR form. */
    readonly subnet: string;
    readonly fqdn: string;
    readonly aliases: readonly string[];
}

/** The stack's output `segments`, ordered by VLAN. */
export function segmentsOf(substrate: Substrate): SegmentOutput[] {
    return substrate.tenants.map(({ name, zone, segment: { vlan, subnet } }) => ({
        tenant: name,
        vlan,
        subnet: subnet.cidr,
        gateway: subnet.gateway,
        dhcpPool: `${subnet.poolStart}-${subnet.poolEnd}`,
        zone,
    }));
}
