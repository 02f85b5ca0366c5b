/**
 * One difference between what was declared and what is, as node, host and router tell of it: plain values. Its words are
 * report/'s alone, and nothing reads them back.
 */
export interface Finding {
    /** Tenant that it concerns; missing for what is no tenant's. */
    readonly tenant?: string;
    readonly place: Place;
    readonly subject: Subject;
    /** VMID of the VM of a tenant's file that it concerns, be it of the VM itself, its reservation or its names. */
    readonly vmid?: number;
    /**
     * The part of the subject that differs; missing for the whole of it. Of a VM or a pool it is the provider's own path, such as
     * `memory.dedicated`, with an element of a list by its own name: `disks[scsi1].size`, `networkDevices[net0]`. A VM's
     * firewall begins with `firewall`, `rules` or `ipset`, and what only PVE tells of has PVE's key. `rebuild` is the VM made anew.
     */
    readonly field?: string;
    /** Missing for what is in no file. */
    readonly declared?: Value;
    /** Missing for what is gone. */
    readonly found?: Value;
    readonly settle: Settle;
    /** Where what was declared stands. */
    readonly definedAt?: Key;
    /** When it was changed, in ISO 8601 and UTC, where a log knows. */
    readonly since?: string;
    /** Who changed it, where a log knows. */
    readonly who?: string;
}

/** A value as the node, the host or the router gives it; undefined within one is nothing. */
export type Value =
    string | number | boolean | null | undefined | readonly Value[] | { readonly [name: string]: Value };

/** Where a difference is: a PVE node by its name, a host by its hypervisor's, or the core router. */
export type Place =
    | { readonly kind: "node"; readonly name: string }
    | { readonly kind: "host"; readonly name: string }
    | { readonly kind: "router" };

/** Thing that differs. */
export interface Subject {
    readonly kind: SubjectKind;
    /**
     * VMID, name of a pool, bridge or alias, tag of a VLAN, CIDR of a scope, address, full name, sequence of a rule, name of a
     * task; of a firewall `datacentre` or the node, of a wall the description of the rule that it lacks.
     */
    readonly id: string;
    /** Further name that a person knows it by: the name of a VM or its host, a rule's description, the NIC or device of a VLAN. */
    readonly name?: string;
    /** The router's own identifier of a rule that is in no file: one and the same may concern several tenants. */
    readonly uuid?: string;
}

/**
 * Kinds of things on a node, on the router and on a host; a firewall is the datacentre's or the node's own, a wall what rules
 * together let through, a run one that wrote to the router and has not ended. Of NAT there are port forwards, outbound and
 * one-to-one rules.
 */
export type SubjectKind =
    | "vm"
    | "container"
    | "pool"
    | "firewall"
    | "bridge"
    | "backupJob"
    | "vlan"
    | "scope"
    | "reservation"
    | "name"
    | "rule"
    | "alias"
    | "wall"
    | "forward"
    | "outbound"
    | "oneToOne"
    | "service"
    | "run"
    | "task";

/** A key of a definition. */
export interface Key {
    readonly file: string;
    readonly line: number;
    readonly key: string;
}

/** Stands for something that is there, with nothing to say of it. */
export const THERE = true;

/** Way to settle a difference. */
export type Settle =
    /** An up; or, where `accept` says so, that key of the file. @param deletes whether the up deletes the subject. */
    | { readonly by: "up"; readonly accept?: Key; readonly deletes?: boolean }
    /** The file alone can follow, since a disk only grows; without a key it is one of the VM's disks. */
    | { readonly by: "file"; readonly accept?: Key }
    /** tenants recover, where the guest is ours; else another VMID for it. */
    | { readonly by: "recover" }
    /** A disk that was detached is attached again, then tenants recover. */
    | { readonly by: "attach"; readonly vmid: number }
    /** The variables of `tenants router-vars`, and the site's collection with them. */
    | { readonly by: "export" }
    /** Another revision of a hypervisor's baseline. */
    | { readonly by: "baseline"; readonly hypervisor: string }
    /** A command on the node, by hand; or, where `accept` says so, that key of the file. */
    | { readonly by: "command"; readonly command: string; readonly accept?: Key }
    /** Nothing: taking it away would lose what the VM cannot do without. */
    | { readonly by: "nothing"; readonly why: "boot entries" | "keys" }
    /** A lock that ends with its task, else by a command on the node. */
    | { readonly by: "task"; readonly command: string }
    /**
     * A guest that no file declares: it has a VMID of the tenants, their marks, or a NIC in a segment of theirs. `range` is the VMIDs
     * of tenants, or the VLANs that are none of theirs. Of a template VMs may be linked clones.
     */
    | { readonly by: "guest"; readonly of: "vmid" | "nic"; readonly range: string; readonly template?: true }
    | { readonly by: "guest"; readonly of: "mark"; readonly template?: true }
    /** A guest of somebody else's that has the VMID of a VM of a file. */
    | { readonly by: "vmid" }
    /** By hand, at a place of the router's menu; `remove`: it is deleted there, or its tenant declared. */
    | { readonly by: "menu"; readonly menu: string; readonly remove?: boolean }
    /** A service of the router is started by hand. */
    | { readonly by: "start" };

/** An element of a list that a field is of, and the property of it; without one, the element as a whole. */
export interface ListField {
    readonly list: string;
    readonly element: string;
    readonly property?: string;
}

/** Field of an element of a list, as `disks[scsi1].size`. */
export function listField({ list, element, property }: ListField): string {
    return `${list}[${element}]${property === undefined ? "" : `.${property}`}`;
}

/** The element that a field is of; undefined for a field of no list. */
export function elementIn(field: string): ListField | undefined {
    const [, list, element, property] = /^([\w.]+)\[(.*)\](?:\.([\w.-]+))?$/s.exec(field) ?? [];
    return list === undefined ? undefined : { list, element: element!, ...(property !== undefined && { property }) };
}
