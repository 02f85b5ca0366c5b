/**
 * What a core router (OPNsense) holds, whoever wrote it: plain values that drift is decided by. Nothing in it depends on
 * whose a record is.
 */
export interface RouterFound {
    readonly interfaces: readonly AssignedInterface[];
    /** Identifiers of the interfaces that Kea serves. */
    readonly served: readonly string[];
    /** What is wrong with a service that does not run, one line for each. */
    readonly stopped: readonly string[];
    readonly vlans: readonly FoundRow[];
    readonly subnets: readonly FoundRow[];
    readonly reservations: readonly FoundRow[];
    readonly hosts: readonly FoundRow[];
    readonly hostAliases: readonly FoundRow[];
    readonly aliases: readonly FoundRow[];
    readonly rules: readonly FoundRow[];
}

/** One record as a search lists it: every field as text, by OPNsense's name, nested ones with dots. */
export type FoundRow = Readonly<Record<string, string>> & { readonly uuid: string };

/** An interface of the router with the device that it is assigned to. */
export interface AssignedInterface {
    /** Such as lan or opt8. */
    readonly identifier: string;
    readonly device: string;
    readonly enabled: boolean;
    /** In CIDR form, empty where there is none. */
    readonly address: string;
}

/** A field of a row; empty where the router does not have it. */
export function fieldOf(row: FoundRow, field: string): string {
    return row[field] ?? "";
}

/** Name of a VLAN's device: a search puts the name of the interface behind it, as in `vlan0.50 [TENANT50]`. */
export function deviceOf(row: FoundRow): string {
    return fieldOf(row, "vlanif").replace(/ \[.*$/, "");
}

/** The row of a VLAN on the router's parent NIC, whoever made it; there is at most one. */
export function vlanRow({ vlans }: RouterFound, parent: string, tag: number): FoundRow | undefined {
    return vlans.find((row) => fieldOf(row, "tag") === String(tag) && fieldOf(row, "if") === parent);
}

/** The interface that a VLAN is assigned to. */
export function carrierOf({ interfaces }: RouterFound, row: FoundRow): AssignedInterface | undefined {
    return interfaces.find(({ device }) => device === deviceOf(row));
}

/** The interface that the VLAN of a tag on the router's parent NIC is assigned to, where there is the VLAN and it is. */
export function carrierOfVlan(found: RouterFound, parent: string, tag: number): AssignedInterface | undefined {
    const row = vlanRow(found, parent, tag);
    return row && carrierOf(found, row);
}

/** Every address of the router, without its prefix. */
export function addressesOf({ interfaces }: RouterFound): string[] {
    return interfaces.filter(({ address }) => address !== "").map(({ address }) => address.split("/")[0]!);
}
