import type { Finding } from "../substrate/findings";
import type { Substrate } from "../substrate/substrate";
import { hostWords } from "./hostWords";
import { nodeWords } from "./nodeWords";
import { routerWords } from "./routerWords";
import type { DriftRow } from "./row";
import { aligned } from "./table";

const WORDS = { node: nodeWords, host: hostWords, router: routerWords };

/** Findings of one source in words. Those of the nodes are ordered by them, since a preview's steps come in any order. */
export function rowsOf(substrate: Substrate, findings: readonly Finding[]): DriftRow[] {
    const rows = findings.map((finding): DriftRow => {
        const { tenant = "", place, declared: _, found: __, settle: ___, ...about } = finding;
        const where = place.kind === "router" ? "router" : `${place.kind} ${place.name}`;
        return { tenant, where, ...WORDS[place.kind](substrate, finding), place, ...about };
    });
    const ofNodes = rows.every(({ place }) => place.kind === "node");
    return ofNodes ? rows.sort((a, b) => (a.what < b.what ? -1 : 1)) : rows;
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
