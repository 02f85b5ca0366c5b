import { isTenants } from "../substrate/recordOwnership";
import type { Row } from "./client";
import { ConflictError } from "./errors";

/** A field of a row as text; empty where the router does not have it. */
export function text(row: object, field: string): string {
    const value = (row as Readonly<Record<string, unknown>>)[field];
    return ["string", "number", "boolean"].includes(typeof value) ? String(value) : "";
}

/** Description of a row, which OPNsense calls otherwise for a VLAN. */
export function descriptionOf(row: object): string {
    return text(row, "description") || text(row, "descr");
}

/** The rows of a search that are this tenant's. */
export function tenantsRows(rows: readonly Row[], tenant: string): Row[] {
    return rows.filter((row) => isTenants(descriptionOf(row), tenant));
}

/**
 * Refuses to go on where somebody else holds what we want.
 *
 * @throws ConflictError that names the holder.
 */
export function requireFree(rows: readonly Row[], tenant: string, what: string, kind: string): void {
    const holder = rows.find((row) => !isTenants(descriptionOf(row), tenant));
    if (holder !== undefined) {
        throw new ConflictError(what, kind, { uuid: holder.uuid, description: descriptionOf(holder) });
    }
}
