import type { NetworkDefinition, SegmentDefinition, SubstrateDefinition } from "../definitions/definitions";
import type { Range } from "./network";
import { cidrOf, hostOf, type NetworkPlan, type SiteSegment } from "./plan";

/**
 * The plan that a checked stack file gives.
 *
 * @param standard whether the file has no network block.
 */
export function resolvePlan(
    { site, network }: Pick<SubstrateDefinition, "site" | "network">,
    standard = false,
): NetworkPlan {
    const { subnet: rule, gateway, pool, fixed, resolvers = [], timeServers = [], vmids, reach, segments } = network;
    const opened = network.opened.map((one) => ({ ...one, hosts: parseHosts(one.hosts) }));
    const listed = listedSubnets(network);
    const rules = { site, rule, listed };
    return {
        ...rules,
        standard,
        vlans: parseVlans(network.vlans),
        gateway,
        pool: parseHosts(pool),
        fixed: parseHosts(fixed),
        resolvers,
        timeServers,
        vmids,
        reach,
        segments: Object.entries(segments).flatMap(([name, one]) => resolveSegment(name, one, rules, gateway) ?? []),
        opened,
    };
}

/** Subnets of the plan's list, by VLAN. */
export function listedSubnets({ subnets }: Pick<NetworkDefinition, "subnets">): Record<number, string> {
    return Object.fromEntries(Object.entries(subnets).map(([vlan, cidr]) => [Number(vlan), cidr]));
}

/** One of the site's own segments; undefined where neither file nor rule gives it a subnet. */
function resolveSegment(
    name: string,
    { vlan, subnet, untagged, pool, ssid, reaches }: SegmentDefinition,
    rules: Pick<NetworkPlan, "site" | "rule" | "listed">,
    gateway: number,
): SiteSegment | undefined {
    const cidr = subnet ?? (vlan === undefined ? undefined : cidrOf(rules, vlan));
    if (cidr === undefined) {
        return undefined;
    }
    const hosts = pool === undefined ? undefined : parseHosts(pool);
    return {
        name,
        ...(vlan !== undefined && { vlan }),
        untagged,
        cidr,
        gateway: hostOf(cidr, gateway),
        ...(hosts && { pool: [hostOf(cidr, hosts.first), hostOf(cidr, hosts.last)] as const }),
        ...(ssid !== undefined && { ssid }),
        reaches,
    };
}

/** VLANs of a text such as "50-59, 70", in order and each once. */
export function parseVlans(text: string): number[] {
    const all = text.split(",").flatMap((part) => {
        const [first, last = first] = part.split("-").map(Number);
        return Array.from({ length: Math.max(0, last! - first! + 1) }, (_, i) => first! + i);
    });
    return [...new Set(all)].sort((a, b) => a - b);
}

/** Hosts of a text such as "100-200". */
export function parseHosts(text: string): Range {
    const [first, last] = text.split("-").map(Number);
    return { first: first!, last: last! };
}
