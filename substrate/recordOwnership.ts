import type { Allowance } from "./substrate";

/**
 * Begins the description of every record of ours on the core router, exactly so, and the tenant's name follows it. The
 * site's own roles prune by `ansible:` and `Ansible managed`, its API by `Deevnet API - `: a prefix of our own keeps each
 * side from pruning the other.
 */
export const OWNER_PREFIX = "tenant-hypervisors: ";

/** Most that a description holds on the router; it counts bytes (OPNsense: DescriptionField, without its u flag). */
export const DESCRIPTION_BYTES = 255;

/** Beginning of every description of a tenant's records. */
export function markOf(tenant: string): string {
    return OWNER_PREFIX + tenant;
}

/**
 * The tenant that a record is of: its description alone says so. Undefined for a record without our mark, and for one whose
 * description was changed to something else: that is its changer's.
 */
export function ownerOfRecord(description: unknown): string | undefined {
    return typeof description === "string" && description.startsWith(OWNER_PREFIX)
        ? /^[A-Za-z0-9_-]+/.exec(description.slice(OWNER_PREFIX.length))?.[0]
        : undefined;
}

/** Whether a record is this tenant's: `grooveiq` is not `grooveiq2`. */
export function isTenants(description: unknown, tenant: string): boolean {
    return ownerOfRecord(description) === tenant;
}

/** Describes a record of a tenant's: whose it is, and what for. */
export function describe(tenant: string, what: string): string {
    return `${markOf(tenant)}: ${what}`;
}

/** Describes one rule of an allowance: its destination, protocol, port and reason. Unique, since no two open the same. */
export function describeAllowance(
    tenant: string,
    { to, protocol, why }: Pick<Allowance, "to" | "protocol" | "why">,
    port?: string,
): string {
    return describe(tenant, `${to} ${protocol}${port === undefined ? "" : ` ${rangeOf(port)}`}: ${why}`);
}

/** A description without whose it is; that of somebody else's record as it is. */
export function purposeOf(description: string): string {
    const owner = ownerOfRecord(description);
    const mark = owner === undefined ? "" : describe(owner, "");
    return description.startsWith(mark) ? description.slice(mark.length) : description;
}

/** A range of ports as OPNsense writes it: 8000-8010. */
export function rangeOf(port: string): string {
    return port.replace(":", "-");
}
