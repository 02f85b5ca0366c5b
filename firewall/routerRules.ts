import { PRIVATE_NETWORKS } from "../substrate/privateNetworks";
import { segmentsFromTenants, subnetOf, type NetworkPlan } from "../substrate/plan";
import { describe, describeAllowance, rangeOf } from "../substrate/recordOwnership";
import { parseAddress } from "../substrate/network";
import { ROUTER_ITSELF, type RouterRule, type RouterRules } from "./rules";
import type { Allowance, Segment, Tenant } from "../substrate/substrate";

/**
 * Places of a tenant's rules from the first to the last, of the thousand that a VLAN has. Each has its own, so that an allowance
 * that comes or goes moves no other rule; a file has 40 allowances of 15 ports at most.
 */
const PLACES = { services: 0, segments: 50, allowances: 100, privateNetworks: 900, internet: 990, rest: 999 } as const;

/**
 * The rules on a tenant's own interface, direction in, first match wins:
 *
 * 1. IPv6 is blocked: nothing here routes it. Only what OPNsense's own rules let in comes before, ICMPv6 of the link
 *    (opnsense/core 26.7.2, src/etc/inc/filter.lib.inc:224), and whatever a person puts before it. Not logged, since every
 *    VM speaks it all the time.
 * 2. DHCP, of a client and no relay. One that has no address yet broadcasts from 0.0.0.0; one that renews asks the router,
 *    and later everybody (RFC 2131, 4.4.5). The site's own rule is UDP 67 from any to any, which would open that port of
 *    every segment.
 * 3. DNS and NTP of the router, or of the servers that the network plan names. No ICMP to the router: nothing needs it, path MTU
 *    discovery included, whose errors belong to a
 *    state that a rule below opened.
 * 4. The router itself is blocked, with the address that it has in every other segment and on the WAN: or else a
 *    segment that is open, such as platform, would open the router's administration in it.
 * 5. The segments of the site that every tenant reaches by its network plan, such as platform.
 * 6. What the tenant's file allows.
 * 7. What is private is blocked, a rule for each network: OPNsense takes no list, and an alias is empty where it is disabled
 *    and from each reload of the rules, such as at boot, until its table is filled (Firewall/Api/AliasController.php:332).
 * 8. The internet: everything else.
 * 9. What is left, such as another source, is blocked and logged.
 *
 * The source of what passes is the tenant's subnet, so that a VM with another's address gets nowhere.
 */
export function routerRulesOf(plan: NetworkPlan, tenant: Tenant): RouterRules {
    const { vlan } = tenant.segment;
    return {
        vlan,
        rules: rules(plan, tenant).map(({ place, ...rule }) => ({ sequence: sequenceOf(vlan, place), ...rule })),
    };
}

/**
 * Position of a rule. OPNsense ends at 999999 (opnsense/core 26.7.2, models/OPNsense/Firewall/Filter.xml), so VLAN 1000 has those of VLAN
 * 1 and so on: rules of another interface do not count.
 */
function sequenceOf(vlan: number, place: number): number {
    return (((vlan - 1) % 999) + 1) * 1000 + place;
}

type Rule = Omit<RouterRule, "sequence"> & { readonly place: number };

function rules(plan: NetworkPlan, { name, segment, allow }: Tenant): Rule[] {
    const pass = { action: "pass", family: "inet", source: segment.subnet.cidr, log: false } as const;
    const block = { ...pass, action: "block", protocol: "any", source: "any", log: true } as const;
    const about = (what: string) => ({ description: describe(name, what) });
    const allowed = allow.flatMap((one) => allowanceRules(name, one).map((rule) => ({ ...pass, ...rule })));
    const networks = PRIVATE_NETWORKS.map((network) => ({
        ...block,
        destination: network,
        ...about(`block ${network}`),
    }));
    const segments = segmentsFromTenants(plan).map((one): Unplaced => {
        return { ...pass, protocol: "any", destination: one.cidr, ...about(one.name) };
    });
    return [
        ...placed(PLACES.services, [
            { ...block, family: "inet6", destination: "any", log: false, ...about("block IPv6") },
            ...serviceRules(name, segment, pass),
            { ...block, destination: ROUTER_ITSELF, ...about("block the router itself") },
        ]),
        ...placed(PLACES.segments, segments),
        ...placed(PLACES.allowances, allowed),
        ...placed(PLACES.privateNetworks, networks),
        ...placed(PLACES.internet, [{ ...pass, protocol: "any", destination: "any", ...about("internet") }]),
        ...placed(PLACES.rest, [{ ...block, destination: "any", ...about("block the rest") }]),
    ];
}

type Unplaced = Omit<Rule, "place">;

/** Services that a tenant has of the router, or of the servers that the network plan names. */
function serviceRules(
    tenant: string,
    { subnet, resolvers, timeServers }: Segment,
    pass: Pick<Rule, "action" | "family" | "source" | "log">,
): Unplaced[] {
    const service = { ...pass, destination: "gateway" };
    const dhcp = { ...pass, destination: "255.255.255.255/32", protocol: "UDP", ports: "67" } as const;
    const about = (what: string) => ({ description: describe(tenant, what) });
    const server = (address: string, what: string) =>
        address === subnet.gateway
            ? { ...service, ...about(what) }
            : { ...pass, destination: `${address}/32`, ...about(`${what} ${address}`) };
    return [
        { ...dhcp, source: "0.0.0.0/32", ...about("dhcp broadcast") },
        { ...dhcp, ...about("dhcp rebinding") },
        { ...service, protocol: "UDP", ports: "67", ...about("dhcp") },
        ...resolvers.map((one): Unplaced => ({ ...server(one, "dns"), protocol: "TCP/UDP", ports: "53" })),
        ...timeServers.map((one): Unplaced => ({ ...server(one, "ntp"), protocol: "UDP", ports: "123" })),
    ];
}

function placed(first: number, some: readonly Unplaced[]): Rule[] {
    return some.map((rule, index) => ({ ...rule, place: first + index }));
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

/** Every address that the router has in a segment, by what we know; `(self)` on the router is these and the WAN's. */
export function routerAddresses(plan: NetworkPlan, vlans: readonly number[]): string[] {
    const gateways = [
        ...plan.segments.map(({ gateway }) => gateway),
        ...vlans.flatMap((vlan) => subnetOf(plan, vlan)?.gateway ?? []),
    ];
    return [...new Set(gateways)].sort((a, b) => parseAddress(a)! - parseAddress(b)!);
}
