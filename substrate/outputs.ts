import type { NicOutput, SegmentOutput, StackOutputs, VmOutput } from "../definitions/definitions";
import type { Substrate } from "./substrate";

export type { NicOutput, SegmentOutput, StackOutputs, VmOutput };

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
