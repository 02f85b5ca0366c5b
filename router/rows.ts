import { isTenants } from "../substrate/recordOwnership";
import type { Row } from "./client";
import { ConflictError } from "./errors";

/** A field of a row as text; empty where the router does not have it. */
export function text(row: object, field: string): string {
    const value = (row as Readonly<Record<string, unknown>>)[field];
    return ["string", "number", "boolean"].includes(typeof value) ? String(value) : "";
}

/** Whether a field of a row is set; OPNsense writes 1, or true where a record is in no model. */
export function isSet(row: object, field: string): boolean {
    return ["1", "true"].includes(text(row, field));
}

/** One end of a connection in words: what a row says of addresses and port. */
export function endOf(row: object, net: string, port: string, not: string): string {
    const to = text(row, port);
    return `${isSet(row, not) ? "not " : ""}${text(row, net) || "any"}${to === "" ? "" : ` port ${to}`}`;
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
