import { formatAmount, type Share } from "../../substrate/capacity";
import type { Substrate, Tenant } from "../../substrate/substrate";
import { colourClass } from "./colours";
import { element, title } from "./shapes";

/** A box in a picture's units. */
export interface Box {
    readonly x: number;
    readonly y: number;
    readonly width: number;
    readonly height: number;
}

/**
 * Promises of a resource to its tenants, as a bar in their colours, largest first. A solid upright line marks what the
 * hardware has, a dashed one what may be promised.
 */
export function bar({ tenants }: Substrate, share: Share, { x, y, width, height }: Box): string {
    const { resource, promised, physical, limit, byTenant } = share;
    const scale = width / Math.max(promised, physical, limit);
    let from = x;
    const parts = byTenant.map(([name, amount]) => {
        const { vlan } = tenants.find((tenant) => tenant.name === name)!.segment;
        const at = {
            class: `own ${colourClass(vlan)}`,
            x: from,
            y,
            height,
            // A small part is half a gap, so that it is still seen.
            width: Math.max((amount * scale) / 2, amount * scale - width / 500),
        };
        from += amount * scale;
        return element("rect", at, title(`${name}: ${formatAmount(amount, resource)}`));
    });
    const mark = (kind: string, amount: number) => {
        const at = Math.min(x + width - 1, x + amount * scale);
        const line = { d: `M${at},${y - 3}V${y + height + 3}`, "vector-effect": "non-scaling-stroke" };
        return element("path", { class: "halo", ...line }) + element("path", { class: kind, ...line });
    };
    return [
        element("rect", { class: "track", x, y, width, height }),
        ...parts,
        mark("limit", limit),
        mark("physical", physical),
    ].join("");
}

/** The tenants that have a part of some bars, in the order of their files. */
export function tenantsIn(tenants: readonly Tenant[], shares: readonly Share[]): Tenant[] {
    const named = new Set(shares.flatMap(({ byTenant }) => byTenant.map(([name]) => name)));
    return tenants.filter(({ name }) => named.has(name));
}
