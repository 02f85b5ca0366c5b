import type { Inbound, Segment } from "../substrate/substrate";

/**
 * Openings of PVE's firewall into the VMs of a segment, in the order of its rules; it drops everything else. Where VMs are kept from
 * each other, the router's answers to DHCP are all that comes from the own segment unasked, but for what the file opens within.
 */
export function inboundOf({ subnet, inbound, isolated, within }: Segment): Inbound[] {
    return [
        ...(isolated ? [dhcpFrom(subnet.gateway), ...within] : [{ name: "own segment", cidr: subnet.cidr }]),
        ...inbound,
    ];
}

function dhcpFrom(gateway: string): Inbound {
    return { name: "dhcp", cidr: `${gateway}/32`, protocol: "udp", sourcePorts: "67", ports: "68" };
}

/** One rule of PVE's firewall around a VM, as both directions write it. */
export interface WallRule {
    readonly type: "in" | "out";
    readonly action: "ACCEPT" | "DROP";
    /** Comment, without `#`. */
    readonly name: string;
    /** Networks, in CIDR form; missing: any. */
    readonly source?: string;
    readonly dest?: string;
    readonly protocol?: Inbound["protocol"];
    readonly sourcePorts?: string;
    readonly ports?: string;
}

/**
 * Rules of PVE's firewall around one VM of a segment, in their order. What a VM sends is not limited, unless the segment's VMs are kept
 * from each other: then it goes to nobody of the own segment but the gateway and what the file opens within, and no DHCP answers leave.
 *
 * @param vm name of the VM.
 */
export function wallOf(segment: Segment, vm: string): WallRule[] {
    const into = inboundOf(segment)
        .filter(({ to }) => to === undefined || to.vm === vm)
        .map(({ name, cidr, protocol, sourcePorts, ports }): WallRule => {
            const what = {
                ...(protocol && { protocol }),
                ...(sourcePorts && { sourcePorts }),
                ...(ports && { ports }),
            };
            return { type: "in", action: "ACCEPT", name, source: cidr, ...what };
        });
    const rules = segment.isolated ? [...into, ...outwardOf(segment)] : into;
    return rules.map((rule) => ({ ...rule, name: asComment(rule.name) }));
}

/**
 * A rule's comment as every firewall of PVE takes it: proxmox-firewall before 1.2.3, the one of nftables, makes no rules at all
 * where a comment has a `#` (proxmox-ve-rs d598628, proxmox-ve-config/src/firewall/types/rule.rs:118).
 */
function asComment(name: string): string {
    return name.replaceAll("#", "");
}

function outwardOf({ subnet, within }: Segment): WallRule[] {
    const out = { type: "out", action: "ACCEPT" } as const;
    return [
        { ...out, action: "DROP", name: "no DHCP server", protocol: "udp", sourcePorts: "67" },
        { ...out, name: "gateway", dest: `${subnet.gateway}/32` },
        ...within.map(({ name, to, protocol, ports }): WallRule => {
            return {
                ...out,
                name,
                ...(to && { dest: `${to.address}/32` }),
                ...(protocol && { protocol }),
                ...(ports && { ports }),
            };
        }),
        { ...out, action: "DROP", name: "isolate", dest: subnet.cidr },
    ];
}
