import { INTERNET } from "../../substrate/places";
import { formatAddress, networkOf, parseAddress, type Range } from "../../substrate/network";
import { hostOf, prefixOf, segmentsFromTenants, siteSegment, TENANTS, type NetworkPlan } from "../../substrate/plan";
import type { Substrate, Tenant } from "../../substrate/substrate";
import { PLANE_INTERNET } from "../../lab/dataPlane";
import { standInsOf } from "../proof";

/** A stand-in in the data plane for a place outside the tenants. */
export interface Place {
    readonly name: string;
    readonly host: string;
    readonly address: string;
}

/** A place that every tenant reaches: the first segment that the plan opens to them, else the internet. */
export function reachedPlace(substrate: Substrate): Place {
    return placeOf(substrate, segmentsFromTenants(substrate.plan)[0]?.name);
}

/** A place that reaches no tenant: the last segment of the site that does not, else the internet. */
export function outsidePlace(substrate: Substrate): Place {
    const { segments } = substrate.plan;
    return placeOf(substrate, segments.filter(({ reaches }) => !reaches.includes(TENANTS)).at(-1)?.name);
}

function placeOf(substrate: Substrate, name = INTERNET): Place {
    const standIn = standInsOf(substrate).find((one) => one.name === name)!;
    const host = siteSegment(substrate.plan, name) === undefined ? PLANE_INTERNET : name;
    return { name, host, address: standIn.addresses[0]! };
}

/**
 * An address of a tenant's subnet that no VM has: the last one that plan and files leave, else a fixed one of no instance, else
 * the last of the pool.
 */
export function spareAddress(plan: NetworkPlan, { segment, vms }: Tenant): string {
    const { cidr, gateway, poolStart, poolEnd } = segment.subnet;
    const taken = new Set([gateway, ...vms.flatMap(({ address }) => address ?? [])]);
    const pool = { first: parseAddress(poolStart)!, last: parseAddress(poolEnd)! };
    const fixed = {
        first: parseAddress(hostOf(cidr, plan.fixed.first))!,
        last: parseAddress(hostOf(cidr, plan.fixed.last))!,
    };
    const inside = (address: number, { first, last }: Range) => first <= address && address <= last;
    const { first, last } = networkOf(cidr);
    const free = Array.from({ length: 2 ** (32 - prefixOf(cidr)) - 2 }, (_, i) => last - 1 - i).filter(
        (address) => address > first && !inside(address, pool) && !taken.has(formatAddress(address)),
    );
    const spare = free.find((address) => !inside(address, fixed)) ?? free[0] ?? pool.last;
    return formatAddress(spare);
}
