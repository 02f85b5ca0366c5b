import { PRIVATE_NETWORKS } from "../substrate/privateNetworks";
import { hostInside, siteNetworks, siteSegment } from "../substrate/plan";
import {
    complementOf,
    enclosingNetwork,
    formatAddress,
    networkOf,
    overlaps,
    parseAddress,
    type Range,
} from "../substrate/network";
import type { Opening } from "../firewall/openings";
import { ELSEWHERE, GATEWAY, INTERNET, reachabilityOf, ROUTER, type Cell } from "../firewall/reachability";
import { routerAddresses } from "../firewall/routerRules";
import type { Substrate, Tenant, WorkloadVm } from "../substrate/substrate";
import { nameOfVm } from "../substrate/identity";
import { elsewhereChecks, type NicHost } from "./furtherNics";

/** A place that probes go to and come from: a VM, or what stands for something outside the tenants. */
export interface ProofHost {
    /** As tenant/vm, or the name of a place in the reachability matrix. */
    readonly name: string;
    /** Name of its row or column in the reachability matrix. */
    readonly place: string;
    readonly addresses: readonly string[];
    readonly vm?: true;
}

/** Question of a probe: `dns` is a question to a resolver at UDP port 53. */
export interface Probe {
    readonly protocol: "tcp" | "udp" | "icmp" | "dns";
    readonly address: string;
    /** Missing for icmp and dns. */
    readonly port?: number;
    /** Port that it is sent from; missing: any. */
    readonly sourcePort?: number;
}

/** One probe and what the tenants' files say of it. */
export interface Check {
    /** Names of hosts. */
    readonly from: string;
    readonly to: string;
    readonly probe: Probe;
    /** Whether it gets through. */
    readonly open: boolean;
    /** Description of the rule that lets it through. */
    readonly rule?: string;
}

/** Ports that are asked of everybody, beside those where some rule begins or ends to match. */
const ALWAYS = { tcp: [22, 443], udp: [514] } as const;

/** DHCP of the router, which is measured by asking for an address. */
const BOOTPS = 67;
const DOMAIN = 53;

/** A DHCP server's answer, which PVE's option `dhcp` would let into a VM from anywhere. */
const DHCP_ANSWER: Kind = { protocol: "udp", port: 68, sourcePort: BOOTPS };

/** Private networks (RFC 1918) and CGNAT, which hold other people's inside. */
const INSIDE = ["10.0.0.0/8", "192.168.0.0/16", "172.16.0.0/12", "100.64.0.0/10"];

/** Every VM with its tenant. */
export function vmsOf({ tenants }: Substrate): (readonly [Tenant, WorkloadVm])[] {
    return tenants.flatMap((tenant) => tenant.vms.map((vm) => [tenant, vm] as const));
}

/**
 * Stand-ins for the places outside the tenants: one host for each segment of the site, the internet and elsewhere, with
 * an address of each network that some tenant's file opens there.
 */
export function standInsOf(substrate: Substrate): ProofHost[] {
    const { plan } = substrate;
    const cells = reachabilityOf(substrate);
    const internet = formatAddress(complementOf(PRIVATE_NETWORKS.map(networkOf))[0]!.first + 1);
    const fixed: readonly (readonly [string, readonly string[]])[] = [
        ...plan.segments.map((segment) => [segment.name, [hostInside(segment)]] as const),
        [INTERNET, [internet]],
        [ELSEWHERE, placesElsewhere(substrate)],
    ];
    return fixed.map(([place, addresses]) => {
        const opened = cells.filter(({ to }) => to === place).flatMap(({ openings }) => openings.flatMap(partOf));
        const segment = siteSegment(plan, place);
        const parts = opened.flatMap((part) => hostIn(part, segment && networkOf(segment.cidr)));
        return { name: place, place, addresses: [...new Set([...addresses, ...parts])] };
    });
}

/** Addresses of private networks that are not the site's: one of each other substrate's networks, and of each kind. */
function placesElsewhere({ plan, elsewhere }: Substrate): string[] {
    const own = siteNetworks(plan).map(networkOf);
    const others = [...elsewhere.flatMap(({ networks }) => networks), ...INSIDE];
    return others.flatMap((network) => {
        const { first, last } = networkOf(network);
        const left = complementOf(own).find((range) => overlaps(range, { first, last }));
        return left === undefined ? [] : [formatAddress(Math.max(first, left.first) + 1)];
    });
}

/**
 * The first address of a range that a host can have; none where there is none.
 *
 * @param segment that it is in, whose first and last address no host has; missing: the /24 around it.
 */
function hostIn({ first, last }: Range, segment = around(first)): string[] {
    const host = first === segment.first ? first + 1 : first;
    return host > last || host === segment.last ? [] : [formatAddress(host)];
}

function around(address: number): Range {
    const first = address - (address % 256);
    return { first, last: first + 255 };
}

/**
 * Every probe from every VM to every other host, and into the VMs from outside, with what the tenants' files declare of it. A VM asks nobody
 * of a segment that it has a further NIC in: it would ask by that one (unmeasuredOf).
 *
 * @param addresses address of each VM by VMID, as it was measured; a VM without one is left out.
 * @param nics NICs beside the first that probes are sent by and to, too.
 */
export function checksOf(
    substrate: Substrate,
    addresses: ReadonlyMap<number, string>,
    nics: readonly NicHost[] = [],
): Check[] {
    const cells = new Map(reachabilityOf(substrate).map((cell) => [`${cell.from} ${cell.to}`, cell]));
    const standIns = standInsOf(substrate);
    const vms = [...firstNics(substrate, addresses), ...ownNics(nics)];
    const targets = (tenant: Tenant) => [...vms, ...routerHosts(substrate, tenant), ...standIns];
    const fromVms = substrate.tenants.flatMap((tenant) =>
        vms
            .filter(({ place }) => place === tenant.name)
            .map((from) => ({ from, to: targets(tenant).filter(({ place }) => !from.besides.includes(place)) })),
    );
    const fromOutside = standIns.filter(({ place }) => place !== ELSEWHERE).map((from) => ({ from, to: vms }));
    const walls = [...fromVms, ...fromOutside].flatMap(({ from, to }) =>
        to
            .filter(({ name }) => name !== from.name)
            .flatMap((target) => checksBetween(from, target, cells.get(`${from.place} ${target.place}`))),
    );
    return [...walls, ...elsewhereChecks(nics, [...vms, ...standIns])];
}

/** A VM, or a NIC of one, in its tenant's segment, with the segments that it has further NICs in. */
type InTenant = ProofHost & { readonly besides: readonly string[] };

function firstNics({ tenants }: Substrate, addresses: ReadonlyMap<number, string>): InTenant[] {
    return tenants.flatMap((tenant) =>
        tenant.vms.flatMap((vm) => {
            const address = addresses.get(vm.vmid);
            const besides = vm.nics.flatMap(({ segment }) => segment ?? []);
            const host = { name: nameOfVm(vm), place: tenant.name, vm: true, besides } as const;
            return address === undefined ? [] : [{ ...host, addresses: [address] }];
        }),
    );
}

/** NICs in their tenants' own segments, around which the same walls stand. */
function ownNics(nics: readonly NicHost[]): InTenant[] {
    return nics
        .filter(({ nic }) => nic.segment === undefined)
        .map(({ name, tenant, nic }) => {
            return { name, place: tenant.name, vm: true, besides: [], addresses: [nic.address] };
        });
}

/** The router as a tenant sees it: its gateway, and every other address that it has. */
function routerHosts({ plan, tenants }: Substrate, { segment }: Tenant): ProofHost[] {
    const { gateway } = segment.subnet;
    const all = routerAddresses(
        plan,
        tenants.map((tenant) => tenant.segment.vlan),
    );
    return [
        { name: GATEWAY, place: GATEWAY, addresses: [gateway] },
        { name: ROUTER, place: ROUTER, addresses: all.filter((address) => address !== gateway) },
    ];
}

/** @throws RangeError where the matrix has no cell for the two, which would leave them unmeasured in silence. */
function checksBetween(from: ProofHost, to: ProofHost, cell: Cell | undefined): Check[] {
    if (cell === undefined) {
        throw new RangeError(`the reachability matrix has no cell from ${from.place} to ${to.place}`);
    }
    const kinds = probesOf(cell, to.vm === true);
    return to.addresses.flatMap((address) =>
        kinds.map((kind) => {
            const opening = cell.openings.find((one) => opens(one, kind, parseAddress(address)!));
            return {
                from: from.name,
                to: to.name,
                probe: asked({ ...kind, address }),
                open: opening !== undefined,
                ...(opening && { rule: opening.rule }),
            };
        }),
    );
}

type Kind = Omit<Probe, "address">;

/** Probes of a cell: a ping, the ports asked of everybody, the last port inside and the first outside each range, and into a VM DHCP. */
function probesOf({ to, openings }: Cell, intoVm: boolean): Kind[] {
    const router = to === GATEWAY || to === ROUTER;
    const ports = (protocol: "tcp" | "udp") => {
        const edges = openings.filter((one) => one.protocol === protocol).flatMap(edgesOf);
        const asked = new Set<number>([...ALWAYS[protocol], ...(router ? [DOMAIN] : []), ...edges]);
        return [...asked]
            .filter((port) => port > 0 && port < 65_536 && !(router && protocol === "udp" && port === BOOTPS))
            .sort((a, b) => a - b)
            .map((port): Kind =>
                router && protocol === "udp" && port === DOMAIN ? { protocol: "dns" } : { protocol, port },
            );
    };
    return [{ protocol: "icmp" }, ...ports("tcp"), ...ports("udp"), ...(intoVm ? [DHCP_ANSWER] : [])];
}

function asked({ protocol, port, sourcePort, address }: Probe): Probe {
    return { protocol, address, ...(port !== undefined && { port }), ...(sourcePort !== undefined && { sourcePort }) };
}

function edgesOf(opening: Opening): number[] {
    const range = portsOf(opening);
    return range === undefined ? [] : [range.first - 1, range.first, range.last, range.last + 1];
}

function opens(opening: Opening, { protocol, port = DOMAIN }: Kind, address: number): boolean {
    const carried = protocol === "dns" ? "udp" : protocol;
    const ports = portsOf(opening);
    return (
        (opening.protocol === "any" || opening.protocol === carried) &&
        (ports === undefined || within(port, ports)) &&
        (opening.part === undefined || partOf(opening).some((range) => within(address, range)))
    );
}

function portsOf({ ports }: Opening): Range | undefined {
    if (ports === undefined) {
        return undefined;
    }
    const [first, last = first] = ports.split("-").map(Number);
    return { first: first!, last: last! };
}

/** The part of a destination that an opening is about, as ranges: an address, a network, or first-last. */
function partOf({ part = [] }: Opening): Range[] {
    return part.map((text) => {
        const [from, to = from] = text.split("-");
        return enclosingNetwork(text) ?? { first: parseAddress(from!)!, last: parseAddress(to!)! };
    });
}

function within(value: number, { first, last }: Range): boolean {
    return first <= value && value <= last;
}
