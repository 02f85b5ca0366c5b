import type { OpenedDefinition, SubstrateDefinition } from "../../definitions/definitions";
import type { Fault } from "../../definitions/faults";
import { suggestion } from "../../definitions/suggest";
import { networkOf, overlaps, parseAddress, type Range } from "../network";
import { prefixOf, siteSegment, TENANTS, type NetworkPlan, type SiteSegment } from "../plan";
import { parseHosts } from "../resolvePlan";
import type { FaultOf } from "./plan";

/** Segments that are opened for tenants can be, and their hosts are nobody else's. */
export function checkOpened(
    plan: NetworkPlan,
    { coreRouter, network }: Pick<SubstrateDefinition, "coreRouter" | "network">,
    fault: FaultOf,
): Fault[] {
    const { opened } = network;
    if (coreRouter.mode === "none" && opened.length > 0) {
        const message = "a flat network has no segment beside its own (coreRouter.mode: none); leave it out";
        return [fault(["opened"], message)];
    }
    return opened.flatMap((one, i) => {
        const segment = siteSegment(plan, one.segment);
        const closed = segment === undefined ? unknown(plan, one.segment) : notOpenable(segment);
        if (segment === undefined || closed !== undefined) {
            return [fault(["opened", i, "segment"], closed!)];
        }
        const wrong = hostsFault(segment, one, opened.slice(0, i));
        return wrong === undefined ? [] : [fault(["opened", i, "hosts"], wrong)];
    });
}

function unknown({ segments }: NetworkPlan, name: string): string {
    const names = segments.map((segment) => segment.name);
    return `${name} is no segment of network.segments${suggestion(name, names)}; allowed: ${names.join(", ")}`;
}

/**
 * Reason why no tenant's VM may stand in a segment. A NIC without a tag would be in every VLAN of the bridge (reachOf), and what
 * comes out of a segment that reaches tenants every VM of theirs lets in.
 */
function notOpenable({ name, vlan, untagged, reaches }: SiteSegment): string | undefined {
    if (vlan === undefined || untagged) {
        return `${name} has no VLAN tag, so that a NIC in it would be in every VLAN of the bridge; open a segment with a VLAN of its own`;
    }
    return reaches.includes(TENANTS)
        ? `${name} reaches tenants, so that a VM in it would stand where every tenant lets connections in from; open another ` +
              "segment, or take tenants out of its reaches"
        : undefined;
}

/** Fault of the hosts of an opened segment; undefined for none. */
function hostsFault(
    { name, cidr, gateway, pool }: SiteSegment,
    { hosts }: OpenedDefinition,
    earlier: readonly OpenedDefinition[],
): string | undefined {
    const range = parseHosts(hosts);
    const { first } = networkOf(cidr);
    const last = 2 ** (32 - prefixOf(cidr)) - 2;
    if (range.first < 1 || range.last > last || range.first > range.last) {
        return `${hosts} is not in ${name} (${cidr}), which has the hosts 1 to ${last}, the lower first`;
    }
    const hostsOf = (...addresses: readonly string[]): Range => {
        const numbers = addresses.map((address) => parseAddress(address)! - first);
        return { first: numbers[0]!, last: numbers.at(-1)! };
    };
    const taken: readonly (readonly [string, Range])[] = [
        [`the router, ${gateway}`, hostsOf(gateway)],
        ...(pool === undefined ? [] : [[`its DHCP pool, ${pool.join("-")}`, hostsOf(...pool)] as const]),
        ...earlier.flatMap((one, i): (readonly [string, Range])[] =>
            one.segment === name ? [[`network.opened[${i}] (${one.hosts})`, parseHosts(one.hosts)]] : [],
        ),
    ];
    const holder = taken.find(([, other]) => overlaps(range, other));
    return holder && `${hosts} overlaps ${holder[0]}; choose other hosts of ${cidr}`;
}
