import { OWNER_PREFIX } from "../../substrate/recordOwnership";
import type { KindName } from "./managed";

/** A change that a person makes on the router, and what a refresh shows of it. */
export interface ByHand {
    readonly what: string;
    readonly kind: KindName;
    readonly section: string;
    /** Fields by which the record is found. */
    readonly record: Readonly<Record<string, string>>;
    /** Endpoint, to which the record's uuid is added. */
    readonly path: string;
    readonly body?: Readonly<Record<string, unknown>>;
    readonly drift: readonly string[];
}

/** A description of grooveiq's. */
export const ours = (what: string) => `${OWNER_PREFIX}grooveiq ${what}`;
export const SUBNET = {
    section: "subnet4",
    kind: "dhcp",
    record: { subnet: "10.20.50.0/24" },
    path: "kea/dhcpv4/set_subnet",
} as const;
const RESERVATION = {
    section: "reservation",
    kind: "dhcp",
    record: { ip_address: "10.20.50.10" },
    path: "kea/dhcpv4/set_reservation",
    drift: ["reservations"],
} as const;
const HOST = {
    section: "host",
    kind: "names",
    record: { hostname: "api-vm01", server: "10.20.50.10" },
    path: "unbound/settings/setHostOverride",
    drift: ["hosts"],
} as const;
const HOST_ALIAS = {
    section: "host_alias",
    kind: "names",
    record: { hostname: "mqtt", description: ours("api-vm01") },
    path: "unbound/settings/setHostAlias",
    drift: ["hosts"],
} as const;
export const RULE = {
    section: "rule",
    kind: "rules",
    record: { description: ours("DNS") },
    path: "firewall/filter/setRule",
    drift: ["rules"],
} as const;
/** Each field of each kind of record, changed on the router. */
export const changes: readonly ByHand[] = [
    { ...SUBNET, what: "pool", body: { subnet4: { pools: "10.20.50.100-10.20.50.150" } }, drift: ["poolEnd"] },
    {
        ...SUBNET,
        what: "second pool",
        body: { subnet4: { pools: "10.20.50.100-10.20.50.150\n10.20.50.160-10.20.50.170" } },
        drift: ["poolStart", "poolEnd"],
    },
    { ...SUBNET, what: "gateway", body: { subnet4: { option_data: { routers: "10.20.50.2" } } }, drift: ["gateway"] },
    {
        ...SUBNET,
        what: "resolver",
        body: { subnet4: { option_data: { domain_name_servers: "10.20.25.53" } } },
        drift: ["resolver"],
    },
    {
        ...SUBNET,
        what: "NTP server",
        body: { subnet4: { option_data: { ntp_servers: "10.20.25.53" } } },
        drift: ["ntpServer"],
    },
    {
        ...SUBNET,
        what: "search domain",
        body: { subnet4: { option_data: { domain_search: "deevnet.net" } } },
        drift: ["searchDomain", "byHand"],
    },
    {
        ...SUBNET,
        what: "domain name",
        body: { subnet4: { option_data: { domain_name: "deevnet.net" } } },
        drift: ["byHand"],
    },
    { ...SUBNET, what: "client-id matching", body: { subnet4: { "match-client-id": "1" } }, drift: ["byHand"] },
    { ...SUBNET, what: "autocollect", body: { subnet4: { option_data_autocollect: "1" } }, drift: ["byHand"] },
    {
        ...SUBNET,
        what: "description",
        body: { subnet4: { description: ours("DHCP, changed") } },
        drift: ["description"],
    },
    { ...RESERVATION, what: "MAC", body: { reservation: { hw_address: "02:de:20:50:00:09" } } },
    { ...RESERVATION, what: "address", body: { reservation: { ip_address: "10.20.50.19" } } },
    { ...RESERVATION, what: "hostname", body: { reservation: { hostname: "other" } } },
    { ...RESERVATION, what: "description", body: { reservation: { description: ours("changed") } } },
    { ...RESERVATION, what: "reservation deleted", path: "kea/dhcpv4/del_reservation" },
    { ...HOST, what: "address", body: { host: { server: "10.20.50.19" } } },
    { ...HOST, what: "record's type", body: { host: { rr: "AAAA", server: "fd00::9" } } },
    { ...HOST, what: "hostname", body: { host: { hostname: "other" } } },
    { ...HOST, what: "disabled", body: { host: { enabled: "0" } } },
    { ...HOST, what: "description", body: { host: { description: ours("changed") } } },
    { ...HOST, what: "host deleted", path: "unbound/settings/delHostOverride" },
    { ...HOST_ALIAS, what: "hostname", body: { alias: { hostname: "other" } } },
    { ...HOST_ALIAS, what: "domain", body: { alias: { domain: "dvntm.deevnet.net" } } },
    { ...HOST_ALIAS, what: "disabled", body: { alias: { enabled: "0" } } },
    { ...HOST_ALIAS, what: "alias deleted", path: "unbound/settings/delHostAlias" },
    { ...RULE, what: "disabled", body: { rule: { enabled: "0" } } },
    { ...RULE, what: "action", body: { rule: { action: "block" } } },
    { ...RULE, what: "interface", body: { rule: { interface: "opt9" } } },
    { ...RULE, what: "sequence", body: { rule: { sequence: "50099" } } },
    { ...RULE, what: "protocol", body: { rule: { protocol: "TCP" } } },
    { ...RULE, what: "source", body: { rule: { source_net: "any" } } },
    { ...RULE, what: "source inverted", body: { rule: { source_not: "1" } } },
    { ...RULE, what: "destination", body: { rule: { destination_net: "any" } } },
    { ...RULE, what: "destination inverted", body: { rule: { destination_not: "1" } } },
    { ...RULE, what: "port", body: { rule: { destination_port: "5353" } } },
    { ...RULE, what: "direction", body: { rule: { direction: "out" } } },
    { ...RULE, what: "quick", body: { rule: { quick: "0" } } },
    { ...RULE, what: "family", body: { rule: { ipprotocol: "inet6", source_net: "any", destination_net: "any" } } },
    { ...RULE, what: "log", body: { rule: { log: "1" } } },
    { ...RULE, what: "description", body: { rule: { description: ours("DNS, changed") } } },
    { ...RULE, what: "rule deleted", path: "firewall/filter/delRule" },
];
