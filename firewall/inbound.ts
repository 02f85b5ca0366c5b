import type { Inbound, Segment } from "../substrate/substrate";

/** Inbound rules of PVE's firewall for each VM of a segment, in the order of its rules; it drops everything else. */
export function inboundOf(segment: Segment): Inbound[] {
    return [{ name: "own segment", cidr: segment.subnet.cidr }, ...segment.inbound];
}
