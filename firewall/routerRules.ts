import { PRIVATE_NETWORKS } from "../substrate/privateNetworks";
import { segmentsFromTenants, subnetOf, type NetworkPlan } from "../substrate/plan";
import { describe, describeAllowance, rangeOf } from "../substrate/recordOwnership";
import { ROUTER_ITSELF, type RouterAlias, type RouterRule, type RouterRules } from "./rules";
import { parseAddress } from "../substrate/network";
import type { Allowance, Segment, Tenant } from "../substrate/substrate";

/**
 * The rules on a tenant's own interface, direction in, first match wins:
 *
 * 1. DHCP. A client that has no address yet broadcasts from 0.0.0.0; one that renews asks the router (RFC 2131, 4.4.5).
 *    The site's own rule is UDP 67 from any to any, which would open that port of every segment.
 * 2. DNS and NTP of the router, or of the servers that the network plan names. No ICMP to it: nothing needs it, path MTU discovery included, whose errors belong to a
 *    state that a rule below opened.
 * 3. The router itself is blocked, with the address that it has in every other segment and on the WAN: or else a
 *    segment that is open, such as platform, would open the router's administration in it.
 * 4. The segments of the site that every tenant reaches by its network plan, such as platform.
 * 5. What the tenant's file allows.
 * 6. The internet: everything that is not private.
 * 7. Everything else is blocked and logged.
 *
 * The source is the tenant's subnet, so that a VM with another's address gets nowhere; IPv6 is not routed at all.
 */
export function routerRulesOf(plan: NetworkPlan, { name, segment, allow }: Tenant): RouterRules {
    const privateNetworks = privateNetworksOf(name, segment);
    const all = rules(plan, name, segment, allow, privateNetworks.name);
    return {
        vlan: segment.vlan,
        privateNetworks,
        rules: all.map((rule, index) => ({ sequence: sequenceOf(segment.vlan, index), ...rule })),
    };
}

/**
 * Position of a rule: VLAN x 1000, or x 240 from VLAN 1000 on, since OPNsense ends at 999999 (opnsense/core, Filter.xml). Rules of
 * other interfaces do not count, so two VLANs may have the same.
 */
function sequenceOf(vlan: number, index: number): number {
    return vlan * (vlan < 1000 ? 1000 : 240) + index;
}

type Rule = Omit<RouterRule, "sequence">;

function rules(
    plan: NetworkPlan,
    tenant: string,
    segment: Segment,
    allow: readonly Allowance[],
    inside: string,
): Rule[] {
    const pass = { action: "pass", source: segment.subnet.cidr, destinationNot: false, log: false } as const;
    const block = { action: "block", protocol: "any", source: "any", destinationNot: false, log: true } as const;
    const service = { ...pass, destination: "gateway" };
    const server = (address: string, what: string) =>
        address === segment.subnet.gateway
            ? { ...service, ...about(what) }
            : { ...pass, destination: `${address}/32`, ...about(`${what} ${address}`) };
    const about = (what: string) => ({ description: describe(tenant, what) });
    const broadcast = { source: "any", destination: "255.255.255.255/32" };
    return [
        { ...pass, ...broadcast, protocol: "UDP", ports: "67", ...about("dhcp broadcast") },
        { ...service, protocol: "UDP", ports: "67", ...about("dhcp") },
        ...segment.resolvers.map((one): Rule => ({ ...server(one, "dns"), protocol: "TCP/UDP", ports: "53" })),
        ...segment.timeServers.map((one): Rule => ({ ...server(one, "ntp"), protocol: "UDP", ports: "123" })),
        { ...block, destination: ROUTER_ITSELF, ...about("block the router itself") },
        ...segmentsFromTenants(plan).map(({ name, cidr }): Rule => {
            return { ...pass, protocol: "any", destination: cidr, ...about(name) };
        }),
        ...allow.flatMap((one) => allowanceRules(tenant, one).map((rule) => ({ ...pass, ...rule }))),
        { ...pass, protocol: "any", destination: inside, destinationNot: true, ...about("internet") },
        { ...block, destination: "any", ...about("block the rest") },
    ];
}

/** The rules of an allowance: OPNsense takes one port or one range in each. */
export function allowanceRules(tenant: string, allowance: Allowance) {
    const { cidr, protocol, ports } = allowance;
    const written = { tcp: "TCP", udp: "UDP", icmp: "ICMP", any: "any" } as const;
    return (ports.length === 0 ? [undefined] : ports).map((port) => ({
        protocol: written[protocol],
        destination: cidr,
        ...(port !== undefined && { ports: rangeOf(port) }),
        description: describeAllowance(tenant, allowance, port),
    }));
}

/** The name goes by VLAN, which is unique and short: OPNsense takes 31 characters and no dash. */
function privateNetworksOf(tenant: string, { vlan }: Segment): RouterAlias {
    return {
        name: `vlan${vlan}_private_networks`,
        networks: PRIVATE_NETWORKS,
        description: describe(tenant, "what is not the internet"),
    };
}

/** Every address that the router has in a segment, by what we know; `(self)` on the router is these and the WAN's. */
export function routerAddresses(plan: NetworkPlan, vlans: readonly number[]): string[] {
    const gateways = [
        ...plan.segments.map(({ gateway }) => gateway),
        ...vlans.flatMap((vlan) => subnetOf(plan, vlan)?.gateway ?? []),
    ];
    return [...new Set(gateways)].sort((a, b) => parseAddress(a)! - parseAddress(b)!);
}
