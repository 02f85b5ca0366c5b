import { hostOf, prefixOf, siteSegment, subnetOf, type NetworkPlan, type SiteSegment } from "../substrate/plan";
import type { Hypervisor, Substrate } from "../substrate/substrate";

/** Place of a simulated node, as `python -m simnode --site` reads it. */
export interface NodeSite {
    /** PVE node name. */
    readonly node: string;
    /** DNS name in its certificate. */
    readonly host: string;
    /** Address of its bridge, with its length, and the router there. */
    readonly address: string;
    readonly gateway: string;
    /** Names of its templates, oldest first. */
    readonly templates: readonly string[];
    /** VLAN of the VM on it that is no tenant's; 0: untagged. */
    readonly other_vlan: number;
}

/** Site of a simulated router, with all that it has before any tenant, as `python -m simrouter --site` reads it. */
export interface RouterSite {
    readonly hostname: string;
    readonly domain: string;
    /** NIC that carries the VLANs. */
    readonly parent: string;
    readonly segments: readonly RouterSegment[];
    /** The router's address, with its length, in each VLAN that tenants may have. */
    readonly tenants: Readonly<Record<number, string>>;
    readonly names: readonly { readonly hostname: string; readonly address: string }[];
}

interface RouterSegment {
    readonly name: string;
    /** 0: without a tag; the first of those is on the router's LAN, each other on a NIC of its own. */
    readonly vlan: number;
    readonly address: string;
    readonly pool?: readonly [first: string, last: string];
    /** Names of segments, and `internet`. */
    readonly reaches: readonly string[];
}

/** A site as its simulated machines start with it. */
export interface LabSite {
    readonly node: NodeSite;
    readonly router: RouterSite;
}

/** Versions of the templates that a prefix finds. */
const VERSIONS = ["44-1.9", "44-1.10"];

/** Host of the segment of hypervisors that the first of them is, where the segment is large enough. */
const NODE_HOST = 22;

/** The site of a substrate, by its network plan: for the simulated machines that stand for its first hypervisor and core router. */
export function labSite({ zone, plan, coreRouter, hypervisors }: Substrate): LabSite {
    const [first] = hypervisors;
    const home = homeOf(plan);
    const hostname = hostnameOf(coreRouter.endpoint);
    return {
        node: {
            node: first!.node,
            host: first!.ssh.host,
            address: `${nodeAddress(home, 0)}/${prefixOf(home.cidr)}`,
            gateway: home.gateway,
            templates: templatesOf(first!),
            other_vlan: plan.segments.find(({ vlan, untagged }) => vlan !== undefined && !untagged)?.vlan ?? 0,
        },
        router: {
            hostname,
            domain: zone,
            parent: coreRouter.vlanParent,
            segments: [...plan.segments]
                .sort((a, b) => Number(b.untagged) - Number(a.untagged))
                .map((segment) => segmentOf(plan, segment)),
            tenants:
                coreRouter.mode === "none" ? {} : Object.fromEntries(plan.vlans.map((vlan) => addressIn(plan, vlan))),
            names: [
                { hostname, address: home.gateway },
                ...hypervisors.map(({ name }, index) => ({ hostname: name, address: nodeAddress(home, index) })),
            ],
        },
    };
}

/** Network of the hypervisors themselves: the segment without a tag, else the first one, else that of the first tenants. */
function homeOf(plan: NetworkPlan): Pick<SiteSegment, "cidr" | "gateway"> {
    const { segments, vlans } = plan;
    return segments.find(({ untagged }) => untagged) ?? segments[0] ?? subnetOf(plan, vlans[0]!)!;
}

function nodeAddress({ cidr }: Pick<SiteSegment, "cidr">, index: number): string {
    const room = 2 ** (32 - prefixOf(cidr)) - 2;
    return hostOf(cidr, Math.min(NODE_HOST, Math.floor(room / 2)) + index);
}

/** A router's first label in its address; of one whose address nobody says, what it is. */
function hostnameOf(endpoint: string | undefined): string {
    const [label = ""] = endpoint === undefined ? [] : new URL(endpoint).hostname.split(".");
    return /^[a-z]/.test(label) ? label : "router";
}

function templatesOf({ template }: Hypervisor): string[] {
    return "name" in template ? [template.name] : VERSIONS.map((version) => template.prefix + version);
}

function segmentOf(
    plan: NetworkPlan,
    { name, vlan, untagged, cidr, gateway, pool, reaches }: SiteSegment,
): RouterSegment {
    return {
        name,
        vlan: untagged ? 0 : (vlan ?? 0),
        address: `${gateway}/${prefixOf(cidr)}`,
        ...(pool && { pool }),
        reaches: reaches.filter((to) => to === "internet" || siteSegment(plan, to) !== undefined),
    };
}

function addressIn(plan: NetworkPlan, vlan: number): readonly [number, string] {
    const { cidr, gateway } = subnetOf(plan, vlan)!;
    return [vlan, `${gateway}/${prefixOf(cidr)}`];
}
