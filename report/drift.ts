import type { OthersSnapshot } from "../node/snapshots";
import type { Finding } from "../substrate/findings";
import type { Substrate } from "../substrate/substrate";
import { hostWords } from "./hostWords";
import { nodeWords } from "./nodeWords";
import { routerWords } from "./routerWords";
import type { DriftRow, OlderTemplate } from "./row";
import { aligned, alignedRows } from "./table";

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

const COLUMNS = ["where", "what", "declared", "is", "since", "who", "defined at", "to settle"] as const;

/**
 * The rows by tenant: as one table, with the columns that any row has something in; or, where that is wider than the terminal,
 * each row as a block of its own. Without rows one line that says so.
 *
 * @param width columns of the terminal that it is to fit.
 */
export function driftTable(substrate: string, rows: readonly DriftRow[], width = Infinity): string {
    if (rows.length === 0) {
        return `${substrate}: no drift`;
    }
    const groups = byTenant(rows).map(([tenant, own]) => [tenant || NO_TENANT, own.map(cellsOf)] as const);
    const used = COLUMNS.map((_, column) => groups.some(([, own]) => own.some((cells) => cells[column] !== "")));
    const keep = <T>(cells: readonly T[]) => cells.filter((_, column) => used[column]);
    const table = aligned(
        keep(COLUMNS),
        groups.map(([tenant, own]) => [tenant, own.map(keep)] as const),
    );
    return table.split("\n").every((line) => line.length <= width)
        ? table
        : groups.flatMap(([tenant, own]) => [tenant, ...own.flatMap((cells) => blockOf(cells, width))]).join("\n");
}

function cellsOf({ where, what, declared, found, since = "", who = "", definedAt, settle }: DriftRow): string[] {
    const key = definedAt === undefined ? "" : `${definedAt.file}:${definedAt.line}`;
    return [where, what, declared, found, since, who, key, settle].map((cell) => cell.replace(/\s+/g, " "));
}

/** A row where a table has no room: what differs, and below it each cell that has something, under its column's title. */
function blockOf([where = "", what = "", ...cells]: readonly string[], width: number): string[] {
    const titles = COLUMNS.slice(2);
    const told = titles.map((title, at) => [title, cells[at]!] as const).filter(([, cell]) => cell !== "");
    const lines = alignedRows(told, width - BLOCK_INDENT);
    return [...alignedRows([[`${what} (${where})`]], width - 2).map((line) => `  ${line}`), ...lines.map(indented)];
}

/** Columns before the cells of a block. */
const BLOCK_INDENT = 4;

function indented(line: string): string {
    return `${" ".repeat(BLOCK_INDENT)}${line}`;
}

/** Lines about VMs on an older template, for information: behind the drift, of which they are none. Empty without any. */
export function olderText(substrate: string, templates: readonly OlderTemplate[]): string {
    if (templates.length === 0) {
        return "";
    }
    const lines = templates.map((one) => `  ${one.tenant}/${one.vm}: ${standsOn(one)}`);
    return ["", `no drift, and for \`tenants rotate ${substrate}\` to rebuild:`, ...lines].join("\n");
}

/** Lines about snapshots that no run took, for information: they hold up moves of disks and cost space. Empty without any. */
export function othersText(snapshots: readonly OthersSnapshot[]): string {
    if (snapshots.length === 0) {
        return "";
    }
    const lines = snapshots.map(({ tenant, vm, name, at }) => `  ${tenant}/${vm}: ${name}, of ${at.slice(0, 10)}`);
    return ["", "no drift: snapshots that no run took, and none removes:", ...lines].join("\n");
}

/** Which template a VM stands on, and the newest, in words. */
export function standsOn({ template, newest }: OlderTemplate): string {
    return `stands on ${template ?? "a template that is gone"}; the newest is ${newest}`;
}
