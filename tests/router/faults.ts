import type { KindName } from "./managed";

/** A fault of the router, and what a person is told. */
export interface Fault {
    readonly what: string;
    /** Resource that meets it. */
    readonly kind: KindName;
    readonly fault: Readonly<Record<string, unknown>>;
    readonly says: RegExp;
}

/** A write that meets a fault only where something was changed or deleted by hand before. */
export interface FaultInUpdate extends Fault {
    readonly section: string;
    readonly record: Readonly<Record<string, string>>;
    readonly path: string;
    readonly body: Readonly<Record<string, unknown>>;
}

const SAYS_WHY =
    /^POST \S+(?: for "tenant-hypervisors: grooveiq [^"]+")?: the router refused it: field: no\. Mend that on the router or in the tenant's file, then run it again\.$/;
export const twice = { method: "POST", times: 2 };
export const broken = { method: "POST", times: 1 };
export const refused = (path: string) => ({ ...broken, path, result: "failed", validations: { field: "no" } });
export const KEA = "/kea/service/reconfigure";
export const UNBOUND = "/unbound/service/reconfigure";

export const inCreation: readonly Fault[] = [
    { what: "add_subnet refused", kind: "dhcp", fault: refused("/kea/dhcpv4/add_subnet"), says: SAYS_WHY },
    { what: "add_reservation refused", kind: "dhcp", fault: refused("/kea/dhcpv4/add_reservation"), says: SAYS_WHY },
    { what: "Kea's interfaces refused", kind: "dhcp", fault: refused("/kea/dhcpv4/set"), says: SAYS_WHY },
    {
        what: "addHostOverride refused",
        kind: "names",
        fault: refused("/unbound/settings/addHostOverride"),
        says: SAYS_WHY,
    },
    { what: "addHostAlias refused", kind: "names", fault: refused("/unbound/settings/addHostAlias"), says: SAYS_WHY },
    { what: "alias addItem refused", kind: "rules", fault: refused("/firewall/alias/addItem"), says: SAYS_WHY },
    { what: "addRule refused", kind: "rules", fault: refused("/firewall/filter/addRule"), says: SAYS_WHY },
    {
        what: "refused without a reason",
        kind: "rules",
        fault: { ...broken, path: "/firewall/filter/addRule", result: "failed" },
        says: /POST firewall\/filter\/addRule for "tenant-hypervisors: grooveiq .+": the router refused it: it gave no reason; see System > Log Files/,
    },
    {
        what: "Kea's reconfigure refused",
        kind: "dhcp",
        fault: { ...twice, path: KEA, status: 500, message: "Template generation failed" },
        says: /written, but not taken over by the router: POST kea\/service\/reconfigure: 500 Template generation failed/,
    },
    {
        what: "Unbound's reconfigure says failed",
        kind: "names",
        fault: { ...twice, path: UNBOUND, answer: '{"status":"failed"}' },
        says: /not taken over by the router: POST unbound\/service\/reconfigure: the router answered "failed"/,
    },
    {
        what: "alias reconfigure refused",
        kind: "rules",
        fault: { ...twice, path: "/firewall/alias/reconfigure", status: 500, message: "Alias error" },
        says: /POST firewall\/alias\/reconfigure: 500 Alias error/,
    },
    {
        what: "filter apply prints an error",
        kind: "rules",
        fault: { ...twice, path: "/firewall/filter/apply", answer: '{"status":"Execute error"}' },
        says: /POST firewall\/filter\/apply: the router answered "Execute error"/,
    },
    {
        what: "Kea half reconfigured",
        kind: "dhcp",
        fault: { ...twice, path: KEA, half: true },
        says: /Kea DHCPv4 does not run on the router \(stopped\): see there/,
    },
    {
        what: "Kea down after it",
        kind: "dhcp",
        fault: { ...twice, path: KEA, down: true },
        says: /Kea DHCPv4 does not run on the router/,
    },
    {
        what: "Unbound half reconfigured",
        kind: "names",
        fault: { ...twice, path: UNBOUND, half: true },
        says: /Unbound DNS does not run on the router/,
    },
    {
        what: "Unbound down after it",
        kind: "names",
        fault: { ...twice, path: UNBOUND, down: true },
        says: /Unbound DNS does not run on the router/,
    },
    {
        what: "no answer to addRule",
        kind: "rules",
        fault: { ...broken, path: "/firewall/filter/addRule", timeout: true },
        says: /addRule for ".+": no answer from 127\.0\.0\.1 port \d+ within 2 s; is the router up\?/,
    },
    {
        what: "no answer to addRule that was carried out",
        kind: "rules",
        fault: { ...broken, path: "/firewall/filter/addRule", timeout: true, done: true },
        says: /no answer/,
    },
    {
        what: "no answer to add_subnet that was carried out",
        kind: "dhcp",
        fault: { ...broken, path: "/kea/dhcpv4/add_subnet", timeout: true, done: true },
        says: /no answer/,
    },
    {
        what: "no answer to Kea's interfaces that were carried out",
        kind: "dhcp",
        fault: { ...broken, path: "/kea/dhcpv4/set", timeout: true, done: true },
        says: /no answer/,
    },
    {
        what: "connection broken at addHostOverride that was carried out",
        kind: "names",
        fault: { ...broken, path: "/unbound/settings/addHostOverride", reset: true, done: true },
        says: /the connection to 127\.0\.0\.1 port \d+ broke \(.+\); run it again/,
    },
    {
        what: "connection broken at a search",
        kind: "names",
        fault: { ...broken, path: "/unbound/settings/searchHostAlias", reset: true },
        says: /the connection to/,
    },
    {
        what: "search answered with a page",
        kind: "names",
        fault: { ...broken, path: "/unbound/settings/searchHostOverride", answer: "<html>" },
        says: /searchHostOverride: the answer is no JSON: "<html>"/,
    },
    {
        what: "search answered with nothing",
        kind: "rules",
        fault: { ...broken, path: "/firewall/filter/searchRule", answer: "[]" },
        says: /searchRule: the answer has no rows and total; taken for incomplete/,
    },
    {
        what: "search answered with some",
        kind: "dhcp",
        fault: { ...broken, path: "/kea/dhcpv4/search_reservation", answer: '{"rows":[],"total":3}' },
        says: /search_reservation: 0 of 3 records came back; taken for incomplete/,
    },
    {
        what: "no interfaces listed",
        kind: "vlan",
        fault: { method: "GET", times: 1, path: "/interfaces/overview/export", answer: "[]" },
        says: /overview\/export: the answer lists no interface; taken for incomplete/,
    },
    {
        what: "Kea's settings answered with nothing",
        kind: "dhcp",
        fault: { method: "GET", times: 1, path: "/kea/dhcpv4/get", answer: "[]" },
        says: /kea\/dhcpv4\/get: the answer lists no interface; taken for incomplete/,
    },
    {
        what: "no privilege",
        kind: "rules",
        fault: { ...broken, path: "/firewall/filter/searchRule", status: 403, message: "Forbidden" },
        says: /403 Forbidden: the key's user lacks the privilege "Firewall: Rules \[new\]": select it under System/,
    },
    {
        what: "an older router",
        kind: "rules",
        fault: { ...broken, path: "/firewall/filter/searchRule", status: 404, message: "Endpoint not found" },
        says: /404 Endpoint not found: the router does not have it/,
    },
];

const RESERVATION = { section: "reservation", kind: "dhcp", record: { ip_address: "10.20.50.10" } } as const;
const HOST = { section: "host", kind: "names", record: { server: "10.20.50.10" } } as const;
const HOST_ALIAS = { section: "host_alias", kind: "names", record: { hostname: "mqtt" } } as const;
const RULE = { section: "rule", kind: "rules", record: { sequence: "50001" } } as const;
export const inUpdate: readonly FaultInUpdate[] = [
    {
        section: "subnet4",
        kind: "dhcp",
        record: { subnet: "10.20.50.0/24" },
        what: "set_subnet refused",
        path: "kea/dhcpv4/set_subnet",
        body: { subnet4: { pools: "" } },
        fault: refused("/kea/dhcpv4/set_subnet/.*"),
        says: SAYS_WHY,
    },
    {
        ...RESERVATION,
        what: "set_reservation refused",
        path: "kea/dhcpv4/set_reservation",
        body: { reservation: { hostname: "other" } },
        fault: refused("/kea/dhcpv4/set_reservation/.*"),
        says: SAYS_WHY,
    },
    {
        ...RESERVATION,
        what: "del_reservation refused",
        path: "kea/dhcpv4/set_reservation",
        body: { reservation: { ip_address: "10.20.50.19" } },
        fault: refused("/kea/dhcpv4/del_reservation/.*"),
        says: SAYS_WHY,
    },
    {
        ...HOST,
        what: "setHostOverride refused",
        path: "unbound/settings/setHostOverride",
        body: { host: { description: "tenant-hypervisors: grooveiq" } },
        fault: refused("/unbound/settings/setHostOverride/.*"),
        says: SAYS_WHY,
    },
    {
        ...HOST,
        what: "delHostOverride refused",
        path: "unbound/settings/setHostOverride",
        body: { host: { hostname: "other" } },
        fault: refused("/unbound/settings/delHostOverride/.*"),
        says: SAYS_WHY,
    },
    {
        ...HOST_ALIAS,
        what: "setHostAlias refused",
        path: "unbound/settings/setHostAlias",
        body: { alias: { enabled: "0" } },
        fault: refused("/unbound/settings/setHostAlias/.*"),
        says: SAYS_WHY,
    },
    {
        ...HOST_ALIAS,
        what: "delHostAlias refused",
        path: "unbound/settings/setHostAlias",
        body: { alias: { hostname: "other" } },
        fault: refused("/unbound/settings/delHostAlias/.*"),
        says: SAYS_WHY,
    },
    {
        ...RULE,
        what: "setRule refused",
        path: "firewall/filter/setRule",
        body: { rule: { enabled: "0" } },
        fault: refused("/firewall/filter/setRule/.*"),
        says: SAYS_WHY,
    },
    {
        section: "alias",
        kind: "rules",
        record: { name: "grooveiq_private" },
        what: "alias setItem refused",
        path: "firewall/alias/setItem",
        body: { alias: { content: "10.0.0.0/8" } },
        fault: refused("/firewall/alias/setItem/.*"),
        says: SAYS_WHY,
    },
    {
        ...RULE,
        what: "filter apply refused",
        path: "firewall/filter/setRule",
        body: { rule: { enabled: "0" } },
        fault: { ...twice, path: "/firewall/filter/apply", status: 500, message: "busy" },
        says: /not taken over by the router: POST firewall\/filter\/apply: 500 busy/,
    },
];

export const inDestruction: readonly Fault[] = [
    { what: "del_reservation refused", kind: "dhcp", fault: refused("/kea/dhcpv4/del_reservation/.*"), says: SAYS_WHY },
    { what: "del_subnet refused", kind: "dhcp", fault: refused("/kea/dhcpv4/del_subnet/.*"), says: SAYS_WHY },
    { what: "Kea's interfaces refused", kind: "dhcp", fault: refused("/kea/dhcpv4/set"), says: SAYS_WHY },
    {
        what: "delHostAlias refused",
        kind: "names",
        fault: refused("/unbound/settings/delHostAlias/.*"),
        says: SAYS_WHY,
    },
    {
        what: "delHostOverride refused",
        kind: "names",
        fault: refused("/unbound/settings/delHostOverride/.*"),
        says: SAYS_WHY,
    },
    { what: "delRule refused", kind: "rules", fault: refused("/firewall/filter/delRule/.*"), says: SAYS_WHY },
    { what: "alias delItem refused", kind: "rules", fault: refused("/firewall/alias/delItem/.*"), says: SAYS_WHY },
    {
        what: "no answer to delRule that was carried out",
        kind: "rules",
        fault: { ...broken, path: "/firewall/filter/delRule/.*", timeout: true, done: true },
        says: /no answer/,
    },
    {
        what: "deleting answered with nothing",
        kind: "rules",
        fault: { ...broken, path: "/firewall/filter/delRule/.*", answer: "[]" },
        says: /delRule.*: the router answered \[\]/,
    },
];
