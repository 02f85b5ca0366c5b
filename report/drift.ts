import type { Finding } from "../substrate/findings";
import { aligned } from "./table";

/** One difference between what was declared and what is. */
export interface DriftRow {
    /** Tenant that it concerns; empty for what is no tenant's. */
    readonly tenant: string;
    /** Where it is: `node pve2`, `router`. */
    readonly where: string;
    /** What differs, as `VM 5001 api-vm01: memory`. */
    readonly what: string;
    /** What was declared; NOTHING for what is in no file. */
    readonly declared: string;
    /** What is; NOTHING for what is gone. */
    readonly found: string;
    /** When it was changed, in ISO 8601 and UTC, where a log knows. */
    readonly since?: string;
    /** Who changed it, where a log knows. */
    readonly who?: string;
    /** The command that settles it, or what to do by hand. */
    readonly settle: string;
}

/** The words of a finding that depend on what it is about. */
export type Words = Pick<DriftRow, "what" | "declared" | "found" | "settle">;

/** A finding as a row. */
export function rowOf({ tenant = "", place, since, who }: Finding, words: Words): DriftRow {
    const where = place.kind === "router" ? "router" : `${place.kind} ${place.name}`;
    return { tenant, where, ...words, ...(since !== undefined && { since }), ...(who !== undefined && { who }) };
}

/** Stands for what is not there. */
export const NOTHING = "none";

/** A place that drift is looked for in. */
export interface DriftSource {
    /** As a person knows it: `node`, `router`. */
    readonly name: string;
    /** Everything that differs there. @throws where it cannot be told. */
    rows(): Promise<readonly DriftRow[]>;
}

/** Rows as they are shown: by tenant, what is no tenant's last; the order of each tenant's rows is kept. */
export function byTenant(rows: readonly DriftRow[]): [tenant: string, rows: DriftRow[]][] {
    const tenants = [...new Set(rows.map(({ tenant }) => tenant))].sort((a, b) =>
        a === "" || b === "" ? Number(a === "") - Number(b === "") : a < b ? -1 : 1,
    );
    return tenants.map((tenant) => [tenant, rows.filter((row) => row.tenant === tenant)]);
}

/** Title of the rows that are no tenant's. */
const NO_TENANT = "no tenant";

const COLUMNS = ["where", "what", "declared", "is", "since", "who", "to settle"] as const;

/**
 * The rows as one table by tenant, its columns aligned; without rows one line that says so.
 *
 * @param width columns of the terminal that it is to fit.
 */
export function driftTable(substrate: string, rows: readonly DriftRow[], width = Infinity): string {
    if (rows.length === 0) {
        return `${substrate}: no drift`;
    }
    return aligned(
        COLUMNS,
        byTenant(rows).map(([tenant, own]) => [tenant || NO_TENANT, own.map(cellsOf)]),
        width,
    );
}

function cellsOf({ where, what, declared, found, since = "", who = "", settle }: DriftRow): string[] {
    return [where, what, declared, found, since, who, settle].map((cell) => cell.replace(/\s+/g, " "));
}
