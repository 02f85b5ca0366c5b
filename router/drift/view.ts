import type { Finding, Settle, Subject, SubjectKind, Value } from "../../substrate/findings";
import { isTenants } from "../../substrate/recordOwnership";
import type { Substrate, Tenant, WorkloadVm } from "../../substrate/substrate";
import type { Row } from "../client";
import { differences, type Field } from "../fields";
import type { RouterInventory } from "../inventory";
import type { RouterRecords } from "../recordTypes";
import { descriptionOf, text } from "../rows";

/** One tenant on the core router: what was declared, and what is. */
export interface RouterView {
    readonly substrate: Substrate;
    readonly tenant: Tenant;
    readonly records: RouterRecords;
    readonly inventory: RouterInventory;
}

/** Where each kind of record stands in the router's menu. */
export const MENU = {
    vlan: "Interfaces > Devices > VLAN",
    assignment: "Interfaces > Assignments",
    dhcp: "Services > Kea DHCP > Kea DHCPv4",
    names: "Services > Unbound DNS > Overrides",
    rules: "Firewall > Rules",
    aliases: "Firewall > Aliases",
    forwards: "Firewall > NAT > Destination NAT",
    outbound: "Firewall > NAT > Source NAT",
    oneToOne: "Firewall > NAT > One-to-One",
} as const;

/**
 * Whether the stack writes the router's records, so that each of them must be ours to the letter. In mode export somebody
 * else writes them in other words, and what they bring about decides.
 */
export function isStrict({ substrate }: RouterView): boolean {
    return substrate.coreRouter.mode === "api";
}

/** The subject of findings, with the VM that it belongs to. */
export interface About extends Subject {
    readonly vm?: WorkloadVm | undefined;
}

/** A subject that belongs to a VM of the tenant's file, by the VM's hostname. */
export function ofVm({ tenant }: RouterView, kind: SubjectKind, id: string, hostname: string): About {
    return { kind, id, name: hostname, vm: tenant.vms.find(({ name }) => name === hostname) };
}

/** Difference of a subject; without a settlement whoever writes the declared records settles it. */
interface Differs {
    readonly field?: string;
    readonly declared?: Value;
    readonly found?: Value;
    readonly settle?: Settle;
}

/** A finding about the tenant's part of the router. */
export function finding(view: RouterView, { vm, ...subject }: About, differs: Differs): Finding {
    const { tenant, substrate } = view;
    const { file, lines } = (vm ?? tenant).definedAt;
    return {
        tenant: tenant.name,
        place: { kind: "router" },
        subject,
        ...(vm && { vmid: vm.vmid }),
        settle: { by: substrate.coreRouter.mode === "api" ? "up" : "export" },
        ...differs,
        ...(differs.declared !== undefined && { definedAt: { file, line: lines[""]!, key: "name" } }),
    };
}

/** A finding about somebody else's row, which has a place among others of its kind and perhaps a description. */
export function rowFinding(view: RouterView, row: Row, kind: SubjectKind, found: Value, menu: string): Finding {
    const { uuid } = row;
    const about = { kind, id: text(row, "sequence"), name: descriptionOf(row) || uuid, uuid };
    return finding(view, about, { found, settle: { by: "menu", menu } });
}

/** Findings for each field of a record that is not as declared. */
export function fieldFindings<R>(
    view: RouterView,
    about: About,
    { fields, record, row, menu }: { fields: readonly Field<R>[]; record: R; row: Row; menu: string },
): Finding[] {
    return differences(fields, record, row, isStrict(view)).map((one) =>
        finding(view, about, { ...one, ...settleRow(view, row, menu) }),
    );
}

/** Settlement of a record that is not as declared: who writes it, where it is theirs, else a person. */
export function settleRow({ tenant }: RouterView, row: Row, menu: string): { settle?: Settle } {
    return isTenants(descriptionOf(row), tenant.name) ? {} : { settle: { by: "menu", menu } };
}
