import { covers, formatAddress, networkOf, overlaps, type Range } from "./network";

/**
 * The network plan of a site: which VLANs, subnets, addresses and VMIDs tenants may have, and the site's own segments. All
 * that is computed from it is independent of order, and the same after a rebuild.
 */
export interface NetworkPlan {
    readonly site: number;
    /** Whether it is the default plan: the stack file has no network block, or opens segments alone. */
    readonly standard: boolean;
    /** VLANs that tenants may have, in order. */
    readonly vlans: readonly number[];
    /** Rule for subnets, as 10.{site}.{vlan}.0/24. */
    readonly rule: string;
    /** Subnets by VLAN, which the rule does not hold for. */
    readonly listed: Readonly<Record<number, string>>;
    /** Hosts of a tenant's subnet, counted from its address. */
    readonly gateway: number;
    readonly pool: Range;
    readonly fixed: Range;
    /** DNS and NTP servers of tenants; none: the router. */
    readonly resolvers: readonly string[];
    readonly timeServers: readonly string[];
    readonly vmids: { readonly from: number; readonly step: number };
    /** Names of the site's own segments that every tenant reaches, in order. */
    readonly reach: readonly string[];
    /** The site's own segments, in the order of the plan. */
    readonly segments: readonly SiteSegment[];
    /** Segments in which tenants' VMs may have further NICs. */
    readonly opened: readonly OpenedSegment[];
}

/** A segment of the site that is opened for tenants. */
export interface OpenedSegment {
    readonly segment: string;
    /** Names of the tenants. */
    readonly to: readonly string[];
    /** Hosts of its subnet that their NICs may be. */
    readonly hosts: Range;
}

/** One of a site's own segments. */
export interface SiteSegment {
    readonly name: string;
    /** Missing where the segment has none. */
    readonly vlan?: number;
    /** Whether the router has it without a tag, on the NIC that carries the VLANs. */
    readonly untagged: boolean;
    readonly cidr: string;
    readonly gateway: string;
    /** First and last address of the DHCP pool; missing where addresses are static. */
    readonly pool?: readonly [first: string, last: string];
    /** Ending of the SSID behind the substrate's name; missing where there is no wireless network. */
    readonly ssid?: string;
    /** Destinations of its connections: names of segments, `tenants` and `internet`. */
    readonly reaches: readonly string[];
}

/** Destination of a site segment: every tenant. */
export const TENANTS = "tenants";

/** A tenant's subnet: addresses as text. */
export interface Subnet {
    readonly cidr: string;
    readonly gateway: string;
    /** First and last address of the DHCP pool. */
    readonly poolStart: string;
    readonly poolEnd: string;
}

/** Subnet of a VLAN in CIDR form; undefined where the plan has none for it. */
export function cidrOf({ site, rule, listed }: Pick<NetworkPlan, "site" | "rule" | "listed">, vlan: number) {
    return listed[vlan] ?? filledIn(rule, site, vlan);
}

/** A rule with its numbers; undefined where one of them is no octet. */
function filledIn(rule: string, site: number, vlan: number): string | undefined {
    const [address = "", prefix] = rule.split("/");
    const octets = address.split(".").map((octet) => octetOf(octet, site, vlan));
    return octets.every((octet) => octet >= 0 && octet <= 255) ? `${octets.join(".")}/${prefix}` : undefined;
}

function octetOf(text: string, site: number, vlan: number): number {
    if (text === "{site}") {
        return site;
    }
    const shift = /^\{vlan([+-][0-9]+)?\}$/.exec(text);
    return shift === null ? Number(text) : vlan + Number(shift[1] ?? 0);
}

/** Subnet of a tenant's VLAN; undefined where the plan has none for it. */
export function subnetOf(plan: NetworkPlan, vlan: number): Subnet | undefined {
    const cidr = cidrOf(plan, vlan);
    return cidr === undefined
        ? undefined
        : {
              cidr,
              gateway: hostOf(cidr, plan.gateway),
              poolStart: hostOf(cidr, plan.pool.first),
              poolEnd: hostOf(cidr, plan.pool.last),
          };
}

/** A host of a network, counted from its address. */
export function hostOf(cidr: string, host: number): string {
    return formatAddress(networkOf(cidr).first + host);
}

/** A host of one of the site's segments that stands for all of them: the hundredth, or the last but one where there are fewer. */
export function hostInside({ cidr }: Pick<SiteSegment, "cidr">): string {
    return hostOf(cidr, Math.min(100, 2 ** (32 - prefixOf(cidr)) - 3));
}

/** Prefix length of a network, as 24. */
export function prefixOf(cidr: string): number {
    return Number(cidr.split("/")[1]);
}

/** VMID of a VM: from + VLAN x step + instance. */
export function vmidOf({ vmids: { from, step } }: Pick<NetworkPlan, "vmids">, vlan: number, instance: number): number {
    return from + vlan * step + instance;
}

/** VLAN of a tenant, and instance, that a VMID is of by the plan; undefined for a VMID that no tenant's VM has. */
export function slotOf({ vlans, vmids: { from, step } }: NetworkPlan, vmid: number) {
    const [vlan, instance] = [Math.floor((vmid - from) / step), (vmid - from) % step];
    return vlans.includes(vlan) && instance > 0 ? { vlan, instance } : undefined;
}

/** VMIDs of the tenants' VMs as a person reads them, as 5001-5999. */
export function vmidsText(plan: NetworkPlan): string {
    return rangesOf(plan.vlans)
        .map(({ first, last }) => `${vmidOf(plan, first, 1)}-${vmidOf(plan, last, plan.vmids.step - 1)}`)
        .join(", ");
}

/** The VLANs of tenants as a person reads them, as 50-59. */
export function vlansText({ vlans }: NetworkPlan): string {
    return runsText(vlans, ", ");
}

/** VLANs that are no tenant's, as PVE writes a NIC's trunks: 2-49;60-4094. VLAN 1 is the bridge's own. */
export function otherVlans({ vlans }: NetworkPlan): string {
    const others = Array.from({ length: 4093 }, (_, i) => i + 2).filter((vlan) => !vlans.includes(vlan));
    return runsText(others, ";");
}

/** Ordered numbers as text, each run as first-last. */
function runsText(numbers: readonly number[], separator: string): string {
    const runs = rangesOf(numbers).map(({ first, last }) => (first === last ? String(first) : `${first}-${last}`));
    return runs.join(separator);
}

/** Ordered numbers as runs. */
function rangesOf(numbers: readonly number[]): Range[] {
    const runs: { first: number; last: number }[] = [];
    for (const number of numbers) {
        const run = runs.at(-1);
        if (run?.last === number - 1) {
            run.last = number;
        } else {
            runs.push({ first: number, last: number });
        }
    }
    return runs;
}

/** Fixed address of an instance on a tenant's VLAN; undefined where the plan has none for it. */
export function fixedAddressOf(plan: NetworkPlan, vlan: number, instance: number): string | undefined {
    const cidr = cidrOf(plan, vlan);
    return cidr === undefined || instance > fixedInstances(plan)
        ? undefined
        : hostOf(cidr, plan.fixed.first + instance - 1);
}

/** Address that a VM's definition gives it: one of choice, or its instance's fixed one; undefined for one that DHCP gives. */
export function givenAddress(
    plan: NetworkPlan,
    vlan: number,
    { address, instance }: { readonly address: string; readonly instance: number },
): string | undefined {
    return address === "dhcp" ? undefined : address === "fixed" ? fixedAddressOf(plan, vlan, instance) : address;
}

/** How many instances have a fixed address: 1 to this. */
export function fixedInstances({ fixed }: NetworkPlan): number {
    return fixed.last - fixed.first + 1;
}

/**
 * Address of a tenant's pool that is reserved for an instance, whatever other VMs there are; undefined where the pool has none for it.
 * They count from the pool's end: DHCP gives whom nothing is reserved for addresses from its beginning (Kea's iterative allocator).
 */
export function pooledAddressOf(plan: NetworkPlan, vlan: number, instance: number): string | undefined {
    const cidr = cidrOf(plan, vlan);
    return cidr === undefined || instance > pooledInstances(plan)
        ? undefined
        : hostOf(cidr, plan.pool.last - instance + 1);
}

/** How many instances have an address of the pool: 1 to this. */
export function pooledInstances({ pool }: NetworkPlan): number {
    return pool.last - pool.first + 1;
}

/** VLANs that tenants may have and that are not taken. */
export function freeVlans({ vlans }: NetworkPlan, taken: readonly number[]): number[] {
    return vlans.filter((vlan) => !taken.includes(vlan));
}

/** One of the site's own segments by its name. */
export function siteSegment({ segments }: Pick<NetworkPlan, "segments">, name: string): SiteSegment | undefined {
    return segments.find((segment) => segment.name === name);
}

/**
 * A place that a tenant's file may open and that nobody opened yet, as an example of one: a segment of servers that tenants do not
 * reach anyway, else any such segment, else a network that is nobody's here.
 */
export function openablePlace(plan: NetworkPlan): string {
    const closed = plan.segments.filter(({ name }) => !plan.reach.includes(name));
    const servers = closed.filter(({ pool, reaches }) => pool === undefined && !reaches.includes(TENANTS));
    const own = siteNetworks(plan).map(networkOf);
    const foreign = FOREIGN.find((cidr) => !own.some((range) => overlaps(range, networkOf(cidr))));
    return servers.at(-1)?.name ?? closed.at(-1)?.name ?? foreign ?? FOREIGN[0];
}

/** Networks of the three private ranges (RFC 1918), for examples. */
const FOREIGN = ["192.168.7.0/24", "172.16.7.0/24", "10.7.7.0/24"] as const;

/** The site's own segments whose connections every VM lets in, by name. */
export function segmentsIntoTenants({ segments }: NetworkPlan): SiteSegment[] {
    return segments.filter(({ reaches }) => reaches.includes(TENANTS)).sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The site's own segments that every tenant reaches, in the plan's order of reach. */
export function segmentsFromTenants(plan: NetworkPlan): SiteSegment[] {
    return plan.reach.flatMap((name) => siteSegment(plan, name) ?? []);
}

/**
 * Networks that are the site's: all that its rule can give, and what stands beside it. Other sites' nodes and networks are told by
 * them.
 */
export function siteNetworks({ site, rule, vlans, listed, segments }: NetworkPlan): string[] {
    const [address = "", prefix] = rule.split("/");
    const octets = address.split(".");
    const varying = octets.findIndex((octet) => octet.startsWith("{vlan"));
    const fixed = octets.map((octet, i) => (varying >= 0 && i >= varying ? 0 : octetOf(octet, site, 0)));
    const whole = `${fixed.join(".")}/${varying < 0 ? prefix : varying * 8}`;
    const byRule = vlans.some((vlan) => listed[vlan] === undefined) ? [whole] : [];
    const inWhole = (cidr: string) => byRule.length > 0 && covers(networkOf(whole), networkOf(cidr));
    const others = [...Object.values(listed), ...segments.map(({ cidr }) => cidr)];
    return [...byRule, ...new Set(others.filter((cidr) => !inWhole(cidr)))];
}
