import { inboundOf } from "./inbound";
import { PRIVATE_NETWORKS } from "../substrate/privateNetworks";
import { hostInside } from "../substrate/plan";
import { ELSEWHERE, GATEWAY, INTERNET, ROUTER } from "../substrate/places";
import { complementOf, networkOf, parseAddress, type Range } from "../substrate/network";
import { openingsOf, type Opening, type Path } from "./openings";
import { inboundFilter, routerFilter, type Packet, type RouterAddresses } from "./packetFilter";
import { routerAddresses, routerRulesOf } from "./routerRules";
import type { Substrate, Tenant } from "../substrate/substrate";

/** Openings from one place to another; none: nothing gets through. */
export interface Cell {
    readonly from: string;
    readonly to: string;
    readonly openings: readonly Opening[];
}

export { ELSEWHERE, GATEWAY, INTERNET, ROUTER };

const BROADCAST = "255.255.255.255";

/**
 * Who may reach whom, cell by cell, ordered by source and destination. From a tenant it is what the router's rules on
 * its interface let out, and to another tenant also what PVE's firewall lets into the VMs there: both are evaluated
 * rule by rule as they are rendered. Into a tenant from elsewhere it is PVE's side, since the router's rules on those
 * interfaces are the site's own. Empty for a substrate without VLANs, whose flat network has no walls to evaluate.
 */
export function reachabilityOf(substrate: Substrate): Cell[] {
    if (substrate.coreRouter.mode === "none") {
        return [];
    }
    const fromTenants = substrate.tenants.flatMap((tenant) => cellsFrom(substrate, tenant));
    const outside: readonly (readonly [string, number])[] = [
        ...substrate.plan.segments.map((segment) => [segment.name, parseAddress(hostInside(segment))!] as const),
        [INTERNET, complementOf(PRIVATE_NETWORKS.map(networkOf))[0]!.first],
    ];
    const intoTenants = outside.flatMap(([from, source]) =>
        substrate.tenants.map((to) => ({ from, to: to.name, openings: openingsInto(to, source) })),
    );
    return [...fromTenants, ...intoTenants];
}

function cellsFrom(substrate: Substrate, tenant: Tenant): Cell[] {
    const router = { gateway: tenant.segment.subnet.gateway, itself: routerAddressesOf(substrate) };
    const rules = routerFilter(routerRulesOf(substrate.plan, tenant), router);
    const source = sourceOf(tenant);
    const out = (packet: Packet) => {
        const rule = rules.first(packet);
        return rule?.action === "pass" ? { rule: rule.description } : undefined;
    };
    return [...placesOf(substrate, router)].map(([to, destination]) => {
        const other = substrate.tenants.find(({ name }) => name === to);
        if (other === tenant) {
            return { from: to, to, openings: openingsInto(tenant, source) };
        }
        const path = { source, destination, decide: out, filters: [rules] };
        return { from: tenant.name, to, openings: openingsOf(other === undefined ? path : throughWall(path, other)) };
    });
}

/** A path that also has to pass PVE's firewall around the VMs of another tenant. */
function throughWall(path: Path, other: Tenant): Path {
    const wall = inboundFilter(inboundOf(other.segment));
    const decide = (packet: Packet) => {
        const [passed, inbound] = [path.decide(packet), wall.first(packet)];
        return passed && inbound && { ...passed, inbound: inbound.name };
    };
    return { ...path, decide, filters: [...path.filters, wall] };
}

/** Every address of the substrate's router that we know; that of its WAN interface we do not. */
function routerAddressesOf({ plan, tenants }: Substrate): string[] {
    return routerAddresses(
        plan,
        tenants.map(({ segment }) => segment.vlan),
    );
}

/** Openings of PVE's firewall alone into a tenant's VMs from an address. */
function openingsInto(tenant: Tenant, source: number): Opening[] {
    const wall = inboundFilter(inboundOf(tenant.segment));
    const decide = (packet: Packet) => {
        const inbound = wall.first(packet);
        return inbound && { rule: inbound.name };
    };
    return openingsOf({ source, destination: [networkOf(tenant.segment.subnet.cidr)], decide, filters: [wall] });
}

/** A VM's address; the rules treat all of a segment alike. */
function sourceOf({ segment }: Tenant): number {
    return parseAddress(segment.subnet.poolStart)!;
}

/** Every address there is, by the place that it belongs to as seen from a tenant; a segment is without the router. */
export function placesOf({ plan, tenants }: Substrate, router: RouterAddresses): Map<string, readonly Range[]> {
    const own = (address: string) => networkOf(`${address}/32`);
    const hosts = (cidr: string) => without(networkOf(cidr), router.itself.map(own));
    const segments = tenants.map(({ name, segment }) => [name, hosts(segment.subnet.cidr)] as const);
    const places = new Map<string, readonly Range[]>([
        [GATEWAY, [own(router.gateway), own(BROADCAST)]],
        [ROUTER, router.itself.filter((address) => address !== router.gateway).map(own)],
        ...segments,
        ...plan.segments.map(({ name, cidr }) => [name, hosts(cidr)] as const),
        [INTERNET, complementOf(PRIVATE_NETWORKS.map(networkOf))],
    ]);
    return places.set(ELSEWHERE, complementOf([...places.values()].flat()));
}

function without(range: Range, removed: readonly Range[]): Range[] {
    return complementOf([...complementOf([range]), ...removed]);
}
