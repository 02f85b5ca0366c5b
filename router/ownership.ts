import { isTenants } from "../substrate/recordOwnership";
import type { Row } from "./client";
import { ConflictError } from "./errors";

/** The rows of a search that are this tenant's. */
export function tenantsRows(rows: readonly Row[], tenant: string): Row[] {
    return rows.filter((row) => isTenants(row["description"], tenant));
}

/**
 * Refuses to go on where somebody else holds what we want.
 *
 * @throws ConflictError that names the holder.
 */
export function requireFree(rows: readonly Row[], tenant: string, what: string, kind: string): void {
    const holder = rows.find((row) => !isTenants(row["description"], tenant));
    if (holder !== undefined) {
        throw new ConflictError(what, kind, { uuid: holder.uuid, description: text(holder, "description") });
    }
}

/** A field of a row as text. */
export function text(row: Row, field: string): string {
    const value = row[field];
    return typeof value === "string" ? value : typeof value === "number" ? String(value) : "";
}

/**
 * Fields of a row that are not as every record of ours has them, because somebody changed them; a field that the router
 * does not have is as it should be.
 */
export function changedByHand(
    row: Row,
    expected: Readonly<Record<string, string>>,
): { readonly byHand?: Readonly<Record<string, string>> } {
    const changed = Object.keys(expected).filter((field) => field in row && text(row, field) !== expected[field]);
    return changed.length === 0
        ? {}
        : { byHand: Object.fromEntries(changed.map((field) => [field, text(row, field)])) };
}

/** Two lists of the same entries, whatever their order. */
export function sameEntries(one: readonly string[], other: readonly string[]): boolean {
    return one.length === other.length && [...one].sort().join("\n") === [...other].sort().join("\n");
}
