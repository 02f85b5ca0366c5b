import { NOTHING, type DriftRow } from "../../report/drift";
import type { RouterFound, FoundRow } from "../found";
import type { RouterRecords } from "../recordTypes";
import type { Substrate, Tenant } from "../../substrate/substrate";
import { isTenants } from "../../substrate/recordOwnership";

/** What drift of one tenant on the core router is decided by. */
export interface RouterView {
    readonly substrate: Substrate;
    readonly tenant: Tenant;
    readonly records: RouterRecords;
    readonly found: RouterFound;
}

/** Where each kind of record stands in the router's menu. */
export const MENU = {
    vlan: "Interfaces > Devices > VLAN",
    assignment: "Interfaces > Assignments",
    dhcp: "Services > Kea DHCP > Kea DHCPv4",
    names: "Services > Unbound DNS > Overrides",
    rules: "Firewall > Rules",
    aliases: "Firewall > Aliases",
} as const;

/**
 * Whether the stack writes the router's records, so that each of them must be ours to the letter. In mode export somebody
 * else writes them in other words, and what they bring about decides.
 */
export function isStrict({ substrate }: RouterView): boolean {
    return substrate.coreRouter.mode === "api";
}

/** What writes the declared records again. */
export function settleByWriter({ name, coreRouter }: Substrate): string {
    return coreRouter.mode === "api"
        ? `tenants up ${name}`
        : `tenants router-vars ${name}, and run the lab's collection with it`;
}

/** What settles a record that is not as declared: who writes it, where it is theirs, else a person. */
export function settleRecord({ substrate, tenant }: RouterView, row: FoundRow | undefined, menu: string): string {
    const foreign = row !== undefined && !isTenants(row["description"] ?? row["descr"], tenant.name);
    return foreign ? `by hand, on the router: ${menu}` : settleByWriter(substrate);
}

/** One row about the tenant's part of the router. */
export function driftRow(
    { tenant }: RouterView,
    what: string,
    { declared = NOTHING, found = NOTHING, settle }: { declared?: string; found?: string; settle: string },
): DriftRow {
    return { tenant: tenant.name, where: "router", what, declared, found, settle };
}

/** A row about a rule that may stand for several tenants, by the rule's uuid. */
export type RuleRow = DriftRow & { readonly rule?: string };

/** A field of a record: its name as a person knows it, what was declared, and what is. */
export type Field = readonly [name: string, declared: string, found: string];

/** One row for each field that differs. */
export function fieldRows(view: RouterView, what: string, fields: readonly Field[], settle: string): DriftRow[] {
    return fields
        .filter(([, declared, found]) => declared !== found)
        .map(([name, declared, found]) =>
            driftRow(view, `${what}: ${name}`, { declared, found: found === "" ? NOTHING : found, settle }),
        );
}
