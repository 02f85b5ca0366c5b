import { faultAt, type CheckedTenant } from "../../definitions/places";
import type { Fault } from "../../definitions/faults";
import { cidrOf, fixedInstances, siteNetworks, siteSegment, vlansText, type NetworkPlan } from "../plan";
import { INTERNET } from "../places";
import { PRIVATE_NETWORKS, UNROUTED } from "../privateNetworks";
import { covers, enclosingNetwork, formatAddress, networkOf, overlaps, parseAddress, type Range } from "../network";
import type { Substrate } from "../substrate";
import { suggestion } from "../../definitions/suggest";
import { knownAddressOf, vmWithin } from "../within";
import type { SubstrateDefinition } from "../../definitions/definitions";

/** An entry that opens what is open anyway would read as if it opened that alone. */
const REDUNDANT =
    "is open to every tenant, with every protocol (the site's network plan); leave this out, since it would not narrow that";

/** Whether every tenant reaches a destination anyway, so that an allowance for it would open nothing. */
function isOpen({ reach }: NetworkPlan, name: string): boolean {
    return name === INTERNET || reach.includes(name);
}

const REACHED = "whose VMs reach each other anyway; leave it out";

const PRIVATE = PRIVATE_NETWORKS.map(networkOf);

/** Where an allowance may lead, and why it may not; the text is what a person reads after the path. */
interface Place {
    readonly plan: NetworkPlan;
    readonly elsewhere: Substrate["elsewhere"];
    readonly own: string;
    readonly tenants: readonly CheckedTenant[];
    /** Whether the tenant's own VMs are kept from each other. */
    readonly isolate: boolean;
    readonly unread: readonly string[];
}

/** A substrate's site with its rule for MACs, and those of the project's others, which nothing leads to. */
export interface Site extends Pick<Substrate, "plan" | "elsewhere">, Pick<SubstrateDefinition, "macPolicy"> {
    /** Names of tenants whose files could not be checked. */
    readonly unread: readonly string[];
}

/** Checks that an allowance names a tenant, a segment of the site, a network or a VM of its own, and one that it may open. */
export function checkDestination(
    site: Site,
    tenant: CheckedTenant,
    index: number,
    tenants: readonly CheckedTenant[],
): Fault[] {
    const { to } = tenant.value.allow[index]!;
    const { name: own, isolate } = tenant.value;
    const place = { ...site, own, tenants, isolate };
    const refused = /^[0-9]/.test(to)
        ? refuseNetwork(to, place)
        : (refuseVm(site, tenant, to, tenants) ?? refuseName(to, tenant, place));
    return refused === undefined ? [] : [faultAt(tenant, ["allow", index, "to"], refused)];
}

/** A VM of the tenant is a destination where its VMs are kept from each other, and both sides' rules need its address. */
function refuseVm(
    site: Site,
    { value }: CheckedTenant,
    to: string,
    tenants: readonly CheckedTenant[],
): string | undefined {
    const named = value.vms.find(({ name }) => name === to);
    if (named === undefined) {
        return undefined;
    }
    if (siteSegment(site.plan, to) !== undefined || tenants.some((other) => other.value.name === to)) {
        return value.isolate ? `${to} is a VM of this tenant and a place of the site, too; rename the VM` : undefined;
    }
    if (!value.isolate) {
        return `${to} is a VM of this tenant, whose VMs reach each other anyway; leave it out, or set isolate: true`;
    }
    return knownAddressOf(site, value.vlan, named) === undefined
        ? `${to} has no address that is known before it runs; give it address: fixed` +
              (named.instance > fixedInstances(site.plan) ? ` and an instance up to ${fixedInstances(site.plan)}` : "")
        : undefined;
}

function refuseName(
    to: string,
    tenant: CheckedTenant,
    { plan, own, tenants, isolate, unread }: Place,
): string | undefined {
    if (to === own) {
        return isolate
            ? `${to} is this tenant itself, whose VMs isolate keeps from each other; name the VM, or take isolate out`
            : `${to} is this tenant itself, whose VMs reach each other anyway; leave it out`;
    }
    const all = tenants.map(({ value }) => value);
    if (unread.includes(to) || vmWithin(plan, tenant.value, to, all) !== undefined) {
        return undefined;
    }
    if (isOpen(plan, to)) {
        return `${to === INTERNET ? "the internet" : to} ${REDUNDANT}`;
    }
    const others = tenants.map(({ value }) => value.name).filter((name) => name !== own);
    const segments = plan.segments.map(({ name }) => name).filter((name) => !isOpen(plan, name));
    const known = [...others, ...segments, ...(isolate ? tenant.value.vms.map(({ name }) => name) : [])];
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
        ? (refuseTenants(to, network, place) ??
              refuseSegments(to, network, place) ??
              refuseSites(to, network, place) ??
              refuseElsewhere(to, network))
        : `${to} has host bits set; write ${base}/${prefix}, or ${address}/32 for the one address`;
}

/** Tenants' segments are opened by name alone, those that nobody has yet not at all: somebody may have them tomorrow. */
function refuseTenants(to: string, network: Range, { plan, own, tenants, isolate }: Place): string | undefined {
    for (const vlan of plan.vlans) {
        const cidr = cidrOf(plan, vlan)!;
        if (overlaps(network, networkOf(cidr))) {
            const name = tenants.find(({ value }) => value.vlan === vlan)?.value.name;
            return name === own && covers(networkOf(cidr), network)
                ? `${to} is in this tenant's own segment, ${isolate ? "which isolate keeps apart; name the VM" : REACHED}`
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

/** The site's segments are opened by name; of one of them, single addresses, which say themselves what they open. */
function refuseSegments(to: string, network: Range, { plan }: Place): string | undefined {
    const met = plan.segments.filter(({ cidr }) => overlaps(network, networkOf(cidr)));
    const [first] = met;
    if (first === undefined) {
        return undefined;
    }
    const { name, cidr, gateway } = first;
    const segment = networkOf(cidr);
    if (isOpen(plan, name) && covers(segment, network)) {
        return `${to} is in ${name} (${cidr}), which ${REDUNDANT}`;
    }
    if (to === cidr) {
        return `${to} is the segment ${name}; write to: ${name}`;
    }
    if (network.first === network.last) {
        return network.first === parseAddress(gateway)
            ? `${to} is the router itself, which no tenant reaches beyond its services; leave it out`
            : undefined;
    }
    if (!covers(network, segment)) {
        return `${to} is part of ${name} (${cidr}), which is opened by name; write to: ${name}, or one address as in ${one(network)}`;
    }
    const covered = met.map((one) => `${one.name} (${one.cidr})`).join(", ");
    const closed = met.filter((one) => !isOpen(plan, one.name)).map((one) => one.name);
    return `${to} covers ${covered}; segments are opened by name: write to: ${closed.join(" or ")}, and a smaller network beside it`;
}

function one({ first, last }: Range): string {
    return `${formatAddress(Math.min(first + 10, last))}/32`;
}

/** Another site is its own: its tenants and segments open to nobody of this one. */
function refuseSites(to: string, network: Range, { plan, elsewhere }: Place): string | undefined {
    const own = siteNetworks(plan).map(networkOf);
    for (const { name, networks } of elsewhere) {
        const met = networks.find((cidr) => overlaps(network, networkOf(cidr)));
        if (met !== undefined && !own.some((range) => covers(range, network))) {
            return `${to} has addresses of ${name} (${met}), another site, which no tenant reaches; write a network without them`;
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
