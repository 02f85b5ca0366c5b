import type { FurtherNic } from "../substrate/furtherNics";
import type { Inbound, Segment, WorkloadVm } from "../substrate/substrate";

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
    /** PVE's name of the one NIC that the rule is for; missing: each. */
    readonly iface?: string;
}

/**
 * Rules of PVE's firewall around one VM of a segment, in their order. What a VM sends is not limited, unless the segment's VMs are kept
 * from each other: then it goes to nobody of the own segment but the gateway and what the file opens within, and no DHCP answers leave.
 *
 * A VM with further NICs has them for each NIC in the own segment: a rule without `iface` would count at every NIC, also at one in another
 * segment (ruleset_generate_vm_rules, src/PVE/Firewall.pm:2683 of pve-firewall 6.0.4; handle_iface, src/rule.rs:195 of proxmox-firewall).
 *
 * @param vm its name and NICs.
 */
export function wallOf(segment: Segment, { name: vm, nics }: Pick<WorkloadVm, "name" | "nics">): WallRule[] {
    const own = ownWall(segment, vm);
    if (nics.length === 0) {
        return own;
    }
    return [
        ...own.map((rule) => ({ ...rule, iface: "net0" })),
        ...nics.flatMap((nic) =>
            nic.segment === undefined
                ? own.map((rule) => ({ ...rule, name: `${nic.interface}: ${rule.name}`, iface: nic.interface }))
                : elsewhereOf(nic),
        ),
    ];
}

/**
 * Rules of a NIC in a segment of the site. Nothing comes in unasked, and what leaves goes to hosts of that segment alone: neither to the router
 * in it nor through it, so that the VM has none of the ways that the router gives to the segment's own hosts.
 */
function elsewhereOf({ interface: iface, cidr, gateway }: FurtherNic): WallRule[] {
    const rule = (name: string, action: WallRule["action"], what: Partial<WallRule>): WallRule => {
        return { type: "out", action, name: `${iface}: ${name}`, ...what, iface };
    };
    return [
        rule("no DHCP server", "DROP", { protocol: "udp", sourcePorts: "67" }),
        rule("router", "DROP", { dest: `${gateway}/32` }),
        rule("segment", "ACCEPT", { dest: cidr }),
        rule("nothing else", "DROP", {}),
    ];
}

function ownWall(segment: Segment, vm: string): WallRule[] {
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
