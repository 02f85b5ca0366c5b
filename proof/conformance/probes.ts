import { ruleFields } from "../../router/rules/fields";
import { hostFields, aliasFields as hostAliasFields } from "../../router/names/fields";
import { reservationFields, subnetFields } from "../../router/dhcp/fields";

/** A machine that answers; `program` is what the program itself says of it. */
export type Machine = "node" | "router" | "program";

/** When something is asked: after that was done to the tenant. */
export type Moment = "create" | "again" | "change" | "refuse" | "hand" | "drift" | "repair" | "rebuild" | "teardown";

/** One request that is asked for its answer's form. `{vmid}` and the like in path and body stand for the run's own. */
export interface Probe {
    readonly name: string;
    readonly machine: "node" | "router";
    readonly at: readonly Moment[];
    readonly method: "GET" | "POST" | "PUT" | "DELETE";
    readonly path: string;
    readonly body?: Readonly<Record<string, unknown>>;
    /** Of a list, the elements that are the run's own: those with these values. */
    readonly own?: Readonly<Record<string, string>>;
    /** Of an object, where the list is. */
    readonly list?: string;
    /** Of each element, or of an object, what is compared: what the program writes or reads. All of it, where it is missing. */
    readonly fields?: readonly string[];
    /** Of these, the type alone: their values are of the place, or of the time. */
    readonly varies?: readonly string[];
    /** Fields that only a VM with a VLAN has, or the whole of it where it is true. */
    readonly tagged?: readonly string[] | true;
}

const VM = "/nodes/{node}/qemu/{vmid}";
const FIREWALL = `${VM}/firewall`;

const fieldsOf = (fields: readonly { readonly field: string }[]) => fields.map(({ field }) => field);

/** Settings that the program declares, and none that come from the template. */
const SETTINGS = [
    ...["name", "description", "tags", "cores", "sockets", "memory", "balloon", "cpu", "onboot", "ostype", "scsihw"],
    ...["net0", "scsi0", "ide3", "ipconfig0", "nameserver", "searchdomain", "digest"],
];
const OPTIONS = ["enable", "dhcp", "macfilter", "ndp", "radv", "ipfilter", "policy_in", "policy_out", "digest"];
const RULE = ["action", "type", "pos", "enable", "source", "dest", "proto", "dport", "comment", "ipversion", "digest"];

/** Changes past the program, which drift must find and the next up undo. */
const BY_HAND: readonly Probe[] = [
    byHand("node", "PUT", `${VM}/config`, { description: "changed past the program", onboot: "1" }),
    byHand("node", "PUT", `${FIREWALL}/options`, { macfilter: "0" }),
    byHand("node", "DELETE", `${FIREWALL}/rules/0`),
    byHand("router", "POST", "firewall/filter/setRule/{rule}", { rule: { enabled: "0" } }),
    byHand("router", "POST", "firewall/filter/apply"),
];

function byHand(
    machine: Probe["machine"],
    method: Probe["method"],
    path: string,
    body: Readonly<Record<string, unknown>> = {},
): Probe {
    return { name: `${method} ${path}`, machine, at: ["hand"], method, path, body };
}

/** Reads of the node, with the token's own rights. */
const NODE: readonly Probe[] = [
    read("list of guests", ["create", "rebuild", "teardown"], "/cluster/resources?type=vm", {
        own: { vmid: "{vmid}" },
        fields: ["vmid", "node", "type", "name", "pool", "tags", "template", "status", "maxdisk"],
    }),
    read("settings", ["create", "change", "hand", "repair", "rebuild", "teardown"], `${VM}/config`, {
        ...{ fields: SETTINGS, varies: ["scsi0"], tagged: ["net0", "ipconfig0", "nameserver"] },
    }),
    read("status", ["create", "rebuild"], `${VM}/status/current`, {
        fields: ["status", "qmpstatus", "name", "vmid", "tags", "cpus", "maxmem", "pid"],
    }),
    read("firewall options", ["create", "hand", "repair", "rebuild", "teardown"], `${FIREWALL}/options`, {
        ...{ fields: OPTIONS, tagged: ["ipfilter"] },
    }),
    read("firewall rules", ["create", "change", "rebuild", "teardown"], `${FIREWALL}/rules`, { fields: RULE }),
    read("ipsets", ["create", "rebuild"], `${FIREWALL}/ipset`, { tagged: true }),
    read("ipset", ["create", "rebuild"], `${FIREWALL}/ipset/ipfilter-net0`, { tagged: true }),
    read("pool", ["create", "change", "teardown"], "/pools?poolid={tenant}", { fields: ["poolid", "comment"] }),
    read("volumes", ["create", "teardown"], "/nodes/{node}/storage/{storage}/content", {
        ...{ own: { vmid: "{vmid}" }, fields: ["volid", "vmid", "content", "size"] },
    }),
];

function read(name: string, at: readonly Moment[], path: string, compared: Partial<Probe>): Probe {
    return { name, machine: "node", at, method: "GET", path, ...compared };
}

/** Searches of the router: of each kind the records of the tenant. */
const ROUTER: readonly Probe[] = [
    search("scopes", "kea/dhcpv4/search_subnet", fieldsOf(subnetFields)),
    search("reservations", "kea/dhcpv4/search_reservation", fieldsOf(reservationFields("")), ["subnet"]),
    search("names", "unbound/settings/searchHostOverride", fieldsOf(hostFields)),
    search("further names", "unbound/settings/searchHostAlias", fieldsOf(hostAliasFields("")), ["host"]),
    search("rules", "firewall/filter/searchRule", fieldsOf(ruleFields("")), ["sequence"]),
    {
        ...search("VLANs", "interfaces/vlan_settings/searchItem", ["if", "tag", "vlanif"], ["if", "tag", "vlanif"]),
        own: { tag: "{vlan}", if: "{parent}" },
    },
    {
        ...{ name: "interfaces", machine: "router", at: ["create"], method: "GET", path: "interfaces/overview/export" },
        ...{
            own: { identifier: "{interface}" },
            fields: ["identifier", "device", "enabled", "addr4"],
            varies: ["device"],
        },
    },
    {
        name: "Kea",
        machine: "router",
        at: ["create", "teardown"],
        method: "GET",
        path: "kea/service/status",
        fields: ["status"],
    },
    {
        ...{ name: "Unbound", machine: "router", at: ["create", "teardown"], method: "GET" },
        ...{ path: "unbound/service/status", fields: ["status"] },
    },
];

function search(name: string, path: string, fields: readonly string[], varies: readonly string[] = []): Probe {
    return {
        ...{
            name,
            machine: "router",
            at: ["create", "change", "hand", "teardown"],
            method: "POST",
            path,
            list: "rows",
        },
        ...{ body: { current: 1, rowCount: -1, searchPhrase: "" }, own: { description: "{mark}" }, fields, varies },
    };
}

/** A request that the node must refuse; what it should take after all is the throwaway VM's alone, and the next up undoes it. */
function refused(
    name: string,
    method: Probe["method"],
    path: string,
    body: Readonly<Record<string, string>> = {},
): Probe {
    return { name, machine: "node", at: ["refuse"], method, path, body };
}

const NODE_REFUSES: readonly Probe[] = [
    refused("a CPU that is none", "PUT", `${VM}/config`, { cpu: "nonsense" }),
    refused("memory that is no whole number", "PUT", `${VM}/config`, { memory: "1.5" }),
    refused("no cores", "PUT", `${VM}/config`, { cores: "0" }),
    refused("more ballooning than memory", "PUT", `${VM}/config`, { balloon: "9999" }),
    refused("a VLAN that is none", "PUT", `${VM}/config`, { net0: "virtio,bridge={bridge},tag=5000" }),
    refused("an option that is none", "PUT", `${VM}/config`, { nonsense: "1" }),
    refused("a deletion of what is none", "PUT", `${VM}/config`, { delete: "nonsense" }),
    refused("a policy that is none", "PUT", `${FIREWALL}/options`, { policy_in: "NONSENSE" }),
    refused("a rule with a port that is none", "POST", `${FIREWALL}/rules`, {
        ...{ action: "ACCEPT", type: "in", proto: "tcp", dport: "nonsense" },
    }),
    refused("a rule with a source that is none", "POST", `${FIREWALL}/rules`, {
        ...{ action: "ACCEPT", type: "in", source: "nonsense" },
    }),
    refused("a rule at no position", "GET", `${FIREWALL}/rules/99`),
    { ...refused("an ipset twice", "POST", `${FIREWALL}/ipset`, { name: "ipfilter-net0" }), tagged: true },
    { ...refused("an ipset that holds something", "DELETE", `${FIREWALL}/ipset/ipfilter-net0`), tagged: true },
    refused("a pool that holds something", "DELETE", "/pools?poolid={tenant}"),
];

/**
 * A request that the router must refuse. Each that adds bears the tenant's mark, by which it would be found and taken away, and
 * is not enabled. None changes a record by a uuid that is none: OPNsense makes one of it.
 */
function turnedDown(name: string, path: string, record: string, fields: Readonly<Record<string, string>>): Probe {
    return { name, machine: "router", at: ["refuse"], method: "POST", path, body: { [record]: fields } };
}

/** A uuid that no record has. */
export const NOBODY = "00000000-0000-4000-8000-000000000000";
const RULES = "firewall/filter";

const ROUTER_REFUSES: readonly Probe[] = [
    turnedDown("a VLAN twice", "interfaces/vlan_settings/addItem", "vlan", {
        ...{ if: "{parent}", tag: "{vlan}", descr: "{mark}: refused", vlanif: "vlan0.{vlan}9" },
    }),
    turnedDown("a rule from nowhere", `${RULES}/addRule`, "rule", {
        ...{ enabled: "0", action: "block", interface: "{interface}", direction: "in", ipprotocol: "inet" },
        ...{ protocol: "any", source_net: "no such net", destination_net: "any", description: "{mark}: refused" },
    }),
    turnedDown("a rule that does what is none", `${RULES}/addRule`, "rule", {
        ...{ enabled: "0", action: "nonsense", interface: "{interface}", direction: "in", ipprotocol: "inet" },
        ...{ protocol: "any", source_net: "any", destination_net: "any", description: "{mark}: refused" },
    }),
    turnedDown("a reservation without a MAC", "kea/dhcpv4/add_reservation", "reservation", {
        ...{ subnet: "{scope}", hw_address: "nonsense", ip_address: "{spare}", description: "{mark}: refused" },
    }),
    turnedDown("a name that is none", "unbound/settings/addHostOverride", "host", {
        ...{ enabled: "0", hostname: "no name", domain: "{zone}", rr: "A", server: "nonsense" },
        description: "{mark}: refused",
    }),
    turnedDown("a deletion of a rule that is not there", `${RULES}/delRule/${NOBODY}`, "rule", {}),
    turnedDown("a request that it does not know", `${RULES}/nonsense`, "rule", {}),
];

/** Every probe, in the order in which they are asked at a moment. */
export const PROBES: readonly Probe[] = [...BY_HAND, ...NODE, ...ROUTER, ...NODE_REFUSES, ...ROUTER_REFUSES];

/** A probe's request in a report. */
export function requestOf({ name, method, path, at }: Probe): string {
    return at.includes("refuse") ? `${method} ${path} (${name})` : `${method} ${path}`;
}
