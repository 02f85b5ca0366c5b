import { faultAt, type CheckedTenant } from "../../definitions/places";
import type { Fault } from "../../definitions/faults";
import { subnetOf, TENANT_VLANS } from "../identity";
import { SITE_SEGMENT_KEYS, siteSubnet, PRIVATE_NETWORKS, UNROUTED } from "../siteSegments";
import { covers, enclosingNetwork, formatAddress, networkOf, overlaps, parseAddress, type Range } from "../network";
import type { Substrate } from "../substrate";
import { suggestion } from "../../definitions/suggest";

/** Destinations that every tenant reaches by the site's zone matrix, so that an allowance for it would open nothing. */
const OPEN: Readonly<Record<string, string>> = {
    platform: "platform is open to every tenant, with every protocol",
    internet: "the internet is open to every tenant, with every protocol",
};

/** An entry that opens what is open anyway would read as if it opened that alone. */
const REDUNDANT = "(the site's zone matrix); leave this out, since it would not narrow that";

const PRIVATE = PRIVATE_NETWORKS.map(networkOf);

/** Where an allowance may lead, and why it may not; the text is what a person reads after the path. */
interface Place {
    readonly site: number;
    readonly elsewhere: Substrate["elsewhere"];
    readonly own: string;
    readonly tenants: readonly CheckedTenant[];
}

/** A substrate's site, and those of the project's others, which nothing leads to. */
export type Sites = Pick<Substrate, "site" | "elsewhere">;

/** Checks that an allowance names a tenant, a segment of the site or a network, and one that it may open. */
export function checkDestination(
    { site, elsewhere }: Sites,
    tenant: CheckedTenant,
    index: number,
    tenants: readonly CheckedTenant[],
): Fault[] {
    const { to } = tenant.value.allow[index]!;
    const place = { site, elsewhere, own: tenant.value.name, tenants };
    const refused = /^[0-9]/.test(to) ? refuseNetwork(to, place) : refuseName(to, place);
    return refused === undefined ? [] : [faultAt(tenant, ["allow", index, "to"], refused)];
}

function refuseName(to: string, { own, tenants }: Place): string | undefined {
    if (to === own) {
        return `${to} is this tenant itself, whose VMs reach each other anyway; leave it out`;
    }
    const open = OPEN[to];
    if (open !== undefined) {
        return `${open} ${REDUNDANT}`;
    }
    const others = tenants.map(({ value }) => value.name).filter((name) => name !== own);
    const segments = SITE_SEGMENT_KEYS.filter((key) => OPEN[key] === undefined);
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
        ? (refuseTenants(to, network, place) ??
              refuseSegments(to, network, place) ??
              refuseSites(to, network, place) ??
              refuseElsewhere(to, network))
        : `${to} has host bits set; write ${base}/${prefix}, or ${address}/32 for the one address`;
}

/** Tenants' segments are opened by name alone, those that nobody has yet not at all: somebody may have them tomorrow. */
function refuseTenants(to: string, network: Range, { site, own, tenants }: Place): string | undefined {
    for (let vlan: number = TENANT_VLANS.first; vlan <= TENANT_VLANS.last; vlan++) {
        const { cidr } = subnetOf(site, vlan);
        if (overlaps(network, networkOf(cidr))) {
            const name = tenants.find(({ value }) => value.vlan === vlan)?.value.name;
            return name === own && covers(networkOf(cidr), network)
                ? `${to} is in this tenant's own segment, whose VMs reach each other anyway; leave it out`
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

/** The site's segments are opened by name; of one of them, single addresses, which say themselves what they open. */
function refuseSegments(to: string, network: Range, { site }: Place): string | undefined {
    const met = SITE_SEGMENT_KEYS.filter((key) => overlaps(network, networkOf(siteSubnet(site, key))));
    const [key] = met;
    if (key === undefined) {
        return undefined;
    }
    const cidr = siteSubnet(site, key);
    const segment = networkOf(cidr);
    if (key === "platform" && covers(segment, network)) {
        return `${to} is in platform (${cidr}), and ${OPEN[key]} ${REDUNDANT}`;
    }
    if (to === cidr) {
        return `${to} is the segment ${key}; write to: ${key}`;
    }
    if (network.first === network.last) {
        return network.first === segment.first + 1
            ? `${to} is the router itself, which no tenant reaches beyond its services; leave it out`
            : undefined;
    }
    if (!covers(network, segment)) {
        return `${to} is part of ${key} (${cidr}), which is opened by name; write to: ${key}, or one address as in ${one(network)}`;
    }
    const covered = met.map((name) => `${name} (${siteSubnet(site, name)})`).join(", ");
    const names = met.filter((name) => OPEN[name] === undefined).join(" or ");
    return `${to} covers ${covered}; segments are opened by name: write to: ${names}, and a smaller network beside it`;
}

function one({ first }: Range): string {
    return `${formatAddress(first + 10)}/32`;
}

/** Another site is its own: its tenants and segments open to nobody of this one. */
function refuseSites(to: string, network: Range, { site, elsewhere }: Place): string | undefined {
    for (const other of elsewhere.filter((one) => one.site !== site)) {
        const cidr = `10.${other.site}.0.0/16`;
        if (overlaps(network, networkOf(cidr))) {
            return `${to} has addresses of ${other.name} (${cidr}), another site, which no tenant reaches; write a network without them`;
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
