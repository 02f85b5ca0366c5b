import { faultAt, type CheckedTenant } from "../../definitions/places";
import type { Fault } from "../../definitions/faults";
import { FIXED_INSTANCES, subnetOf, TENANT_VLANS } from "../identity";
import { isSiteSegment, SITE_SEGMENT_KEYS, siteSubnet, PRIVATE_NETWORKS, UNROUTED } from "../siteSegments";
import { covers, enclosingNetwork, formatAddress, networkOf, overlaps, parseAddress, type Range } from "../network";
import { suggestion } from "../../definitions/suggest";
import { knownAddressOf, vmWithin } from "../within";
import type { SubstrateDefinition } from "../../definitions/definitions";

/** Destinations that every tenant reaches by the site's zone matrix, so that an allowance for it would open nothing. */
const OPEN: Readonly<Record<string, string>> = {
    platform: "platform is open to every tenant, with every protocol",
    internet: "the internet is open to every tenant, with every protocol",
};

/** An entry that opens what is open anyway would read as if it opened that alone. */
const REDUNDANT = "(the site's zone matrix); leave this out, since it would not narrow that";

const REACHED = "whose VMs reach each other anyway; leave it out";

const PRIVATE = PRIVATE_NETWORKS.map(networkOf);

/** Where an allowance may lead, and why it may not; the text is what a person reads after the path. */
interface Place {
    readonly site: number;
    readonly own: string;
    readonly tenants: readonly CheckedTenant[];
    /** Whether the tenant's own VMs are kept from each other. */
    readonly isolate: boolean;
}

type Identity = Pick<SubstrateDefinition, "site" | "macPolicy">;

/** Checks that an allowance names a tenant, a segment of the site, a network or a VM of its own, and one that it may open. */
export function checkDestination(
    substrate: Identity,
    tenant: CheckedTenant,
    index: number,
    tenants: readonly CheckedTenant[],
): Fault[] {
    const { to } = tenant.value.allow[index]!;
    const { name: own, isolate } = tenant.value;
    const place = { site: substrate.site, own, tenants, isolate };
    const refused = /^[0-9]/.test(to)
        ? refuseNetwork(to, place)
        : (refuseVm(substrate, tenant, to, tenants) ?? refuseName(to, tenant, place));
    return refused === undefined ? [] : [faultAt(tenant, ["allow", index, "to"], refused)];
}

/** A VM of the tenant is a destination where its VMs are kept from each other, and both sides' rules need its address. */
function refuseVm(
    substrate: Identity,
    { value }: CheckedTenant,
    to: string,
    tenants: readonly CheckedTenant[],
): string | undefined {
    const named = value.vms.find(({ name }) => name === to);
    if (named === undefined) {
        return undefined;
    }
    if (isSiteSegment(to) || tenants.some((other) => other.value.name === to)) {
        return value.isolate ? `${to} is a VM of this tenant and a place of the site, too; rename the VM` : undefined;
    }
    if (!value.isolate) {
        return `${to} is a VM of this tenant, whose VMs reach each other anyway; leave it out, or set isolate: true`;
    }
    return knownAddressOf(substrate, value.vlan, named) === undefined
        ? `${to} has no address that is known before it runs; give it address: fixed` +
              (named.instance > FIXED_INSTANCES ? ` and an instance up to ${FIXED_INSTANCES}` : "")
        : undefined;
}

function refuseName(to: string, tenant: CheckedTenant, { own, tenants, isolate }: Place): string | undefined {
    if (to === own) {
        return isolate
            ? `${to} is this tenant itself, whose VMs isolate keeps from each other; name the VM, or take isolate out`
            : `${to} is this tenant itself, whose VMs reach each other anyway; leave it out`;
    }
    const all = tenants.map(({ value }) => value);
    if (vmWithin(tenant.value, to, all) !== undefined) {
        return undefined;
    }
    const open = OPEN[to];
    if (open !== undefined) {
        return `${open} ${REDUNDANT}`;
    }
    const others = tenants.map(({ value }) => value.name).filter((name) => name !== own);
    const segments = SITE_SEGMENT_KEYS.filter((key) => OPEN[key] === undefined);
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
        ? (refuseTenants(to, network, place) ?? refuseSegments(to, network, place) ?? refuseElsewhere(to, network))
        : `${to} has host bits set; write ${base}/${prefix}, or ${address}/32 for the one address`;
}

/** Tenants' segments are opened by name alone, those that nobody has yet not at all: somebody may have them tomorrow. */
function refuseTenants(to: string, network: Range, { site, own, tenants, isolate }: Place): string | undefined {
    for (let vlan: number = TENANT_VLANS.first; vlan <= TENANT_VLANS.last; vlan++) {
        const { cidr } = subnetOf(site, vlan);
        if (overlaps(network, networkOf(cidr))) {
            const name = tenants.find(({ value }) => value.vlan === vlan)?.value.name;
            return name === own && covers(networkOf(cidr), network)
                ? `${to} is in this tenant's own segment, ${isolate ? "which isolate keeps apart; name the VM" : REACHED}`
                : `${to} overlaps ${cidr}, ${mendTenant(name, own)}write a network that leaves VLANs 50 to 59 out`;
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

function refuseSegments(to: string, network: Range, { site }: Place): string | undefined {
    for (const key of SITE_SEGMENT_KEYS) {
        const cidr = siteSubnet(site, key);
        const segment = networkOf(cidr);
        if (key === "platform" && covers(segment, network)) {
            return `${to} is in platform (${cidr}), and ${OPEN[key]} ${REDUNDANT}`;
        }
        if (to === cidr) {
            return `${to} is the segment ${key}; write to: ${key}`;
        }
        if (key === "management" && covers(network, segment)) {
            return `${to} covers management (${cidr}), which is opened by name alone; write to: ${key} beside a smaller network`;
        }
        if (network.first === network.last && network.first === segment.first + 1) {
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
        : `${to} is in the internet, and ${OPEN["internet"]} ${REDUNDANT}`;
}
