import { faultAt, type CheckedTenant } from "../../definitions/places";
import type { Fault } from "../../definitions/faults";
import { cidrOf, TENANTS, vlansText, type NetworkPlan } from "../plan";
import { PRIVATE_NETWORKS, UNROUTED } from "../privateNetworks";
import { covers, enclosingNetwork, formatAddress, networkOf, overlaps, parseAddress, type Range } from "../network";
import { suggestion } from "../../definitions/suggest";

const INTERNET = "internet";

/** An entry that opens what is open anyway would read as if it opened that alone. */
const REDUNDANT =
    "is open to every tenant, with every protocol (the site's network plan); leave this out, since it would not narrow that";

/** Whether every tenant reaches a destination anyway, so that an allowance for it would open nothing. */
function isOpen({ reach }: NetworkPlan, name: string): boolean {
    return name === INTERNET || reach.includes(name);
}

const PRIVATE = PRIVATE_NETWORKS.map(networkOf);

/** Where an allowance may lead, and why it may not; the text is what a person reads after the path. */
interface Place {
    readonly plan: NetworkPlan;
    readonly own: string;
    readonly tenants: readonly CheckedTenant[];
}

/** Checks that an allowance names a tenant, a segment of the site or a network, and one that it may open. */
export function checkDestination(
    plan: NetworkPlan,
    tenant: CheckedTenant,
    index: number,
    tenants: readonly CheckedTenant[],
): Fault[] {
    const { to } = tenant.value.allow[index]!;
    const place = { plan, own: tenant.value.name, tenants };
    const refused = /^[0-9]/.test(to) ? refuseNetwork(to, place) : refuseName(to, place);
    return refused === undefined ? [] : [faultAt(tenant, ["allow", index, "to"], refused)];
}

function refuseName(to: string, { plan, own, tenants }: Place): string | undefined {
    if (to === own) {
        return `${to} is this tenant itself, whose VMs reach each other anyway; leave it out`;
    }
    if (isOpen(plan, to)) {
        return `${to === INTERNET ? "the internet" : to} ${REDUNDANT}`;
    }
    const others = tenants.map(({ value }) => value.name).filter((name) => name !== own);
    const segments = plan.segments.map(({ name }) => name).filter((name) => !isOpen(plan, name));
    const known = [...others, ...segments];
    return known.includes(to)
        ? undefined
        : `${to} is no tenant or segment of this substrate${suggestion(to, known)}; allowed: ${known.join(", ")}, ` +
              "or a network such as 192.168.7.0/24";
}

function refuseNetwork(to: string, place: Place): string | undefined {
    const network = enclosingNetwork(to);
    if (parseAddress(to) !== undefined) {
        return `${to} is one address; a network is meant: write ${to}/32`;
    }
    if (network === undefined) {
        return `${to} is no IPv4 network; octets are 0 to 255, the prefix 0 to 32, as in 192.168.7.0/24`;
    }
    const [address = "", prefix = ""] = to.split("/");
    const base = formatAddress(network.first);
    return address === base
        ? (refuseTenants(to, network, place) ?? refuseSegments(to, network, place) ?? refuseElsewhere(to, network))
        : `${to} has host bits set; write ${base}/${prefix}, or ${address}/32 for the one address`;
}

/** Tenants' segments are opened by name alone, those that nobody has yet not at all: somebody may have them tomorrow. */
function refuseTenants(to: string, network: Range, { plan, own, tenants }: Place): string | undefined {
    for (const vlan of plan.vlans) {
        const cidr = cidrOf(plan, vlan)!;
        if (overlaps(network, networkOf(cidr))) {
            const name = tenants.find(({ value }) => value.vlan === vlan)?.value.name;
            return name === own && covers(networkOf(cidr), network)
                ? `${to} is in this tenant's own segment, whose VMs reach each other anyway; leave it out`
                : `${to} overlaps ${cidr}, ${mendTenant(name, own)}write a network that leaves VLANs ${vlansText(plan)} out`;
        }
    }
    return undefined;
}

function mendTenant(name: string | undefined, own: string): string {
    if (name === undefined) {
        return "which is kept for a tenant; ";
    }
    return name === own ? "this tenant's own segment; " : `the segment of tenant ${name}; write to: ${name}, or `;
}

function refuseSegments(to: string, network: Range, { plan }: Place): string | undefined {
    for (const { name: key, cidr, gateway, reaches } of plan.segments) {
        const segment = networkOf(cidr);
        if (isOpen(plan, key) && covers(segment, network)) {
            return `${to} is in ${key} (${cidr}), which ${REDUNDANT}`;
        }
        if (to === cidr) {
            return `${to} is the segment ${key}; write to: ${key}`;
        }
        if (reaches.includes(TENANTS) && covers(network, segment)) {
            return `${to} covers ${key} (${cidr}), which is opened by name alone; write to: ${key} beside a smaller network`;
        }
        if (network.first === network.last && network.first === parseAddress(gateway)) {
            return `${to} is the router itself, which no tenant reaches beyond its services; leave it out`;
        }
    }
    return undefined;
}

function refuseElsewhere(to: string, network: Range): string | undefined {
    if (UNROUTED.some((unrouted) => overlaps(network, unrouted))) {
        return `${to} has addresses that no router forwards; write the network that is meant`;
    }
    return PRIVATE.some((known) => overlaps(network, known))
        ? undefined
        : `${to} is in the internet, which ${REDUNDANT}`;
}
