import type { Subject, SubjectKind } from "../substrate/findings";
import { cidrOf } from "../substrate/plan";
import { liesIn, networkOf } from "../substrate/network";
import { isTenants } from "../substrate/recordOwnership";
import type { Substrate } from "../substrate/substrate";
import type { Row } from "./client";
import { carrierOf, deviceOf, type AssignedInterface, type RouterRecordsFound } from "./inventory";
import { aliasName, nameOf } from "./names/fields";
import { descriptionOf, text } from "./rows";

/** Leftovers of a tenant that is gone. */
export interface RouterLeftovers {
    /** Records that somebody must see to. */
    readonly records: readonly Subject[];
    /** Interfaces of its VLANs, which stay by design: a device that is assigned waits for the next tenant. */
    readonly assigned: readonly AssignedInterface[];
}

/** A tenant that is gone, and the VLANs that it was on. */
export interface Gone {
    readonly tenant: string;
    readonly vlans: readonly number[];
}

type Read = (row: Row) => string;

/** Leftovers of a tenant on the router: records that bear its mark, and those of its VLAN, subnet and zone. */
export function routerLeftovers(inventory: RouterRecordsFound, substrate: Substrate, gone: Gone): RouterLeftovers {
    const { hosts } = inventory;
    const ranges = gone.vlans.flatMap((vlan) => cidrOf(substrate.plan, vlan) ?? []).map(networkOf);
    const isNamed = (name: string) => name.endsWith(`.${gone.tenant}.${substrate.zone}`);
    const field =
        (name: string): Read =>
        (row) =>
            text(row, name);
    const devices = inventory.vlans.filter(
        (row) => text(row, "if") === substrate.coreRouter.vlanParent && gone.vlans.includes(Number(text(row, "tag"))),
    );
    const spare = devices.filter((row) => carrierOf(inventory, row) === undefined);
    const own = (row: Row) => isTenants(descriptionOf(row), gone.tenant);
    /** @param isIn whether a record is in what was the tenant's, whatever its mark. */
    const placed = (kind: SubjectKind, rows: readonly Row[], id: Read, isIn: (id: string) => boolean): Subject[] =>
        rows.filter((row) => own(row) || isIn(id(row))).map((row) => ({ kind, id: id(row) }));
    const marked = (kind: SubjectKind, rows: readonly Row[], id: string, name: Read): Subject[] =>
        rows.filter(own).map((row) => ({ kind, id: text(row, id), name: name(row) }));
    return {
        records: [
            ...placed("scope", inventory.subnets, field("subnet"), (cidr) => liesIn(cidr, ranges)),
            ...placed("reservation", inventory.reservations, field("ip_address"), (one) => liesIn(`${one}/32`, ranges)),
            ...placed("name", hosts, nameOf, isNamed),
            ...placed("name", inventory.hostAliases, (row) => aliasName(row, hosts), isNamed),
            ...marked("rule", inventory.rules, "sequence", descriptionOf),
            ...marked("alias", inventory.aliases, "name", descriptionOf),
            ...marked("vlan", spare, "tag", deviceOf),
        ],
        assigned: devices.flatMap((row) => carrierOf(inventory, row) ?? []),
    };
}
