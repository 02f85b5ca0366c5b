import type { Row } from "./client";
import { text } from "./rows";

/** Everything of tenants' concern that a core router (OPNsense) has, whoever wrote it. */
export interface RouterInventory {
    readonly interfaces: readonly AssignedInterface[];
    /** Identifiers of the interfaces that Kea serves. */
    readonly served: readonly string[];
    /** Names of the services that do not run, as the router's menu has them. */
    readonly stopped: readonly string[];
    readonly vlans: readonly Row[];
    readonly subnets: readonly Row[];
    readonly reservations: readonly Row[];
    readonly hosts: readonly Row[];
    readonly hostAliases: readonly Row[];
    readonly aliases: readonly Row[];
    readonly rules: readonly Row[];
    readonly doors: RouterDoors;
}

/** The records of tenants among it. */
export type RouterRecordsFound = Omit<RouterInventory, "doors">;

/** The parts that say which packets the rules let through. */
export const RULE_PARTS = ["interfaces", "aliases", "rules", "doors"] as const;

export type RuleInventory = Pick<RouterInventory, (typeof RULE_PARTS)[number]>;

/** Everything beside the rules that can let something through to or from a tenant. Nothing here writes any of it. */
export interface RouterDoors {
    /** Interface groups, whose rules come before those of an interface. */
    readonly groups: readonly Row[];
    /** Port forwards. */
    readonly forwards: readonly Row[];
    /** Outbound NAT. */
    readonly outbound: readonly Row[];
    /** One-to-one NAT. */
    readonly oneToOne: readonly Row[];
    /** Those of them that could not be read. */
    readonly unread: readonly UnreadDoor[];
}

export type Door = Exclude<keyof RouterDoors, "unread">;

/** A kind of door that the router does not tell of, and why. */
export interface UnreadDoor {
    readonly door: Door;
    /** The privilege that opens it; missing where the router's version has no API for it. */
    readonly privilege?: string;
}

/** An interface of the router with the device that it is assigned to. */
export interface AssignedInterface {
    /** Such as lan or opt8. */
    readonly identifier: string;
    readonly device: string;
    readonly enabled: boolean;
    /** In CIDR form, empty where there is none. */
    readonly address: string;
    /** Name that a person gave it, such as TENANT50. */
    readonly description: string;
}

/** Name of a VLAN's device: a search puts the name of the interface behind it, as in `vlan0.50 [TENANT50]`. */
export function deviceOf(row: Row): string {
    return deviceName(text(row, "vlanif"));
}

/** The device in a search's words for it. */
export function deviceName(vlanif: string): string {
    return vlanif.replace(/ \[.*$/, "");
}

/** The row of a VLAN on the router's parent NIC, whoever made it; there is at most one. */
export function vlanRow({ vlans }: Pick<RouterInventory, "vlans">, parent: string, tag: number): Row | undefined {
    return vlans.find((row) => text(row, "tag") === String(tag) && text(row, "if") === parent);
}

/** The interface that a VLAN is assigned to. */
export function carrierOf({ interfaces }: Pick<RouterInventory, "interfaces">, row: Row) {
    return interfaces.find(({ device }) => device === deviceOf(row));
}

/** The interface that the VLAN of a tag on the router's parent NIC is assigned to, where there is the VLAN and it is. */
export function carrierOfVlan(
    inventory: Pick<RouterInventory, "vlans" | "interfaces">,
    parent: string,
    tag: number,
): AssignedInterface | undefined {
    const row = vlanRow(inventory, parent, tag);
    return row && carrierOf(inventory, row);
}

/** Every address of the router, without its prefix. */
export function addressesOf({ interfaces }: Pick<RouterInventory, "interfaces">): string[] {
    return interfaces.filter(({ address }) => address !== "").map(({ address }) => address.split("/")[0]!);
}
