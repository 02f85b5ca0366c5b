/** One change that a person makes on the router of a substrate with the tenant grooveiq, and the row that tells of it. */
export interface RouterChange {
    readonly what: string;
    readonly section: string;
    /** Fields by which the record is found; none: a record is added. */
    readonly record?: Readonly<Record<string, string>>;
    /** Endpoint, to which the record's uuid is added. */
    readonly path: string;
    readonly body?: Readonly<Record<string, unknown>>;
    /** Changes by the person before it, which is no drift alone. */
    readonly first?: { readonly path: string; readonly body: Readonly<Record<string, unknown>> };
    /** Tenant of the row, where it is not grooveiq; empty: none. */
    readonly tenant?: string;
    /** `what` of the row, with what was declared and what is. */
    readonly row: readonly [what: string, declared: string | RegExp, found: string | RegExp];
}

const ours = (what: string) => `tenant-hypervisors: grooveiq: ${what}`;

const SUBNET = { section: "subnet4", record: { subnet: "10.20.50.0/24" }, path: "kea/dhcpv4/set_subnet" } as const;
const SCOPE = "DHCP scope 10.20.50.0/24";
const RESERVATION = {
    section: "reservation",
    record: { ip_address: "10.20.50.10" },
    path: "kea/dhcpv4/set_reservation",
} as const;
const RESERVED = "reservation 10.20.50.10 (api-vm01)";
const MAC = "02:de:20:50:00:01";
const HOST = {
    section: "host",
    record: { hostname: "api-vm01", server: "10.20.50.10" },
    path: "unbound/settings/setHostOverride",
} as const;
const HOST_NAME = "api-vm01.grooveiq.dvntm.deevnet.net";
const ALIAS = {
    section: "host_alias",
    record: { hostname: "api", domain: "grooveiq.dvntm.deevnet.net" },
    path: "unbound/settings/setHostAlias",
} as const;
const ALIAS_NAME = "api.grooveiq.dvntm.deevnet.net";
const RULE = { section: "rule", record: { description: ours("dns") }, path: "firewall/filter/setRule" } as const;
const DNS = "rule 50004 (dns)";

function option(name: string, value: string) {
    return { subnet4: { option_data: { [name]: value } } };
}

/** Changes that are found whoever writes the router: each changes what the records bring about. */
export const contentChanges: readonly RouterChange[] = [
    {
        ...SUBNET,
        what: "pool",
        body: { subnet4: { pools: "10.20.50.100-10.20.50.150" } },
        row: [`${SCOPE}: pool`, "10.20.50.100-10.20.50.200", "10.20.50.100-10.20.50.150"],
    },
    {
        ...SUBNET,
        what: "gateway",
        body: option("routers", "10.20.50.2"),
        row: [`${SCOPE}: gateway`, "10.20.50.1", "10.20.50.2"],
    },
    {
        ...SUBNET,
        what: "resolver",
        body: option("domain_name_servers", "10.20.25.53"),
        row: [`${SCOPE}: resolver`, "10.20.50.1", "10.20.25.53"],
    },
    {
        ...SUBNET,
        what: "NTP server",
        body: option("ntp_servers", ""),
        row: [`${SCOPE}: NTP server`, "10.20.50.1", "none"],
    },
    {
        ...SUBNET,
        what: "search domain",
        body: option("domain_search", "deevnet.net"),
        row: [`${SCOPE}: search domain`, "grooveiq.dvntm.deevnet.net", "deevnet.net"],
    },
    {
        ...SUBNET,
        what: "client-id matching",
        body: { subnet4: { "match-client-id": "1" } },
        row: [`${SCOPE}: match-client-id`, "0", "1"],
    },
    {
        ...RESERVATION,
        what: "MAC",
        body: { reservation: { hw_address: "02:de:20:50:00:09" } },
        row: [`${RESERVED}: MAC`, MAC, "02:de:20:50:00:09"],
    },
    {
        ...RESERVATION,
        what: "address",
        body: { reservation: { ip_address: "10.20.50.19" } },
        row: [`${RESERVED}: address`, "10.20.50.10", "10.20.50.19"],
    },
    { ...RESERVATION, what: "reservation deleted", path: "kea/dhcpv4/del_reservation", row: [RESERVED, MAC, "none"] },
    {
        ...HOST,
        what: "host's address",
        body: { host: { server: "10.20.50.19" } },
        row: [`name ${HOST_NAME}: address`, "10.20.50.10", "10.20.50.19"],
    },
    { ...HOST, what: "host disabled", body: { host: { enabled: "0" } }, row: [`name ${HOST_NAME}: enabled`, "1", "0"] },
    {
        ...HOST,
        what: "host's name",
        body: { host: { hostname: "other" } },
        row: [`name ${HOST_NAME}: name`, HOST_NAME, "other.grooveiq.dvntm.deevnet.net"],
    },
    {
        ...HOST,
        what: "host deleted",
        path: "unbound/settings/delHostOverride",
        row: [`name ${HOST_NAME}`, "10.20.50.10", "none"],
    },
    {
        ...ALIAS,
        what: "alias's name",
        body: { alias: { hostname: "www" } },
        row: [`name ${ALIAS_NAME}: name`, ALIAS_NAME, "www.grooveiq.dvntm.deevnet.net"],
    },
    {
        ...ALIAS,
        what: "alias disabled",
        body: { alias: { enabled: "0" } },
        row: [`name ${ALIAS_NAME}: enabled`, "1", "0"],
    },
    {
        ...ALIAS,
        what: "alias deleted",
        path: "unbound/settings/delHostAlias",
        row: [`name ${ALIAS_NAME}`, `alias of ${HOST_NAME}`, "none"],
    },
    {
        what: "name in the zone",
        section: "host",
        path: "unbound/settings/addHostOverride",
        body: { host: { hostname: "test", domain: "grooveiq.dvntm.deevnet.net", server: "10.20.50.77" } },
        row: ["name test.grooveiq.dvntm.deevnet.net", "none", "10.20.50.77"],
    },
    {
        what: "rule that opens management",
        section: "rule",
        path: "firewall/filter/addRule",
        body: {
            rule: {
                interface: "opt8",
                sequence: "1",
                protocol: "TCP",
                source_net: "10.20.50.10/32",
                destination_net: "10.20.99.22/32",
                destination_port: "8006",
                description: "for a moment",
            },
        },
        row: ["rule 1 (for a moment)", "none", "opens tcp 8006 to management (10.20.99.22) from 10.20.50.10"],
    },
    {
        what: "rule for all interfaces that opens another tenant",
        section: "rule",
        path: "firewall/filter/addRule",
        body: {
            rule: {
                interface: "",
                sequence: "2",
                destination_net: "10.20.51.0/24",
                protocol: "ICMP",
                description: "ping",
            },
        },
        tenant: "",
        row: [
            "rule 2 (ping)",
            "none",
            "grooveiq: opens icmp to router (10.20.51.1), vintronics; vintronics: opens icmp to gateway (10.20.51.1)",
        ],
    },
];

/** Changes that only count where the stack writes the router. */
export const strictChanges: readonly RouterChange[] = [
    {
        ...SUBNET,
        what: "domain name",
        body: option("domain_name", "deevnet.net"),
        row: [`${SCOPE}: domain`, "grooveiq.dvntm.deevnet.net", "deevnet.net"],
    },
    {
        ...SUBNET,
        what: "scope's description",
        body: { subnet4: { description: "somebody's" } },
        row: [`${SCOPE}: description`, ours("segment"), "somebody's"],
    },
    {
        ...RESERVATION,
        what: "reservation's hostname",
        body: { reservation: { hostname: "other" } },
        row: [`${RESERVED}: hostname`, "api-vm01", "other"],
    },
    {
        ...HOST,
        what: "host's description",
        body: { host: { description: "somebody's" } },
        row: [`name ${HOST_NAME}: description`, ours("api-vm01"), "somebody's"],
    },
    {
        ...ALIAS,
        what: "alias's description",
        body: { alias: { description: ours("changed") } },
        row: [`name ${ALIAS_NAME}: description`, ours("api-vm01"), ours("changed")],
    },
    {
        ...RULE,
        what: "rule's action and port",
        body: { rule: { action: "block", destination_port: "5353" } },
        row: [DNS, "action pass, destination_port 53", "action block, destination_port 5353"],
    },
    { ...RULE, what: "rule disabled", body: { rule: { enabled: "0" } }, row: [DNS, "enabled 1", "enabled 0"] },
    {
        ...RULE,
        what: "rule on another interface",
        body: { rule: { interface: "opt9" } },
        row: [DNS, "interface opt8", "interface opt9"],
    },
    {
        ...RULE,
        what: "rule's place",
        body: { rule: { sequence: "50099" } },
        row: [DNS, "sequence 50004", "sequence 50099"],
    },
    {
        ...RULE,
        what: "rule's description",
        body: { rule: { description: "somebody's" } },
        row: [DNS, `description ${ours("dns")}`, "description somebody's"],
    },
    {
        ...RULE,
        what: "rule deleted",
        path: "firewall/filter/delRule",
        row: [DNS, "pass TCP/UDP to gateway", "none"],
    },
    {
        what: "second rule of ours",
        section: "rule",
        path: "firewall/filter/addRule",
        body: { rule: { interface: "opt8", sequence: "50100", description: ours("more") } },
        row: ["rule 50100 (more)", "none", "pass"],
    },
    {
        what: "rule that closes the internet",
        section: "rule",
        path: "firewall/filter/addRule",
        body: { rule: { interface: "opt8", sequence: "3", action: "block", protocol: "TCP", description: "no TCP" } },
        row: [
            "rule 3 (no TCP)",
            "none",
            "closes tcp 53 to gateway (10.20.50.1); tcp to platform, internet; tcp 8883 to iot_backend",
        ],
    },
    {
        what: "alias of ours",
        section: "alias",
        path: "firewall/alias/addItem",
        body: {
            alias: {
                name: "vlan50_private_networks",
                type: "network",
                content: "10.0.0.0/8",
                description: ours("networks"),
            },
        },
        row: ["alias vlan50_private_networks", "none", "there"],
    },
    {
        what: "block of a private network disabled",
        section: "rule",
        record: { description: ours("block 10.0.0.0/8") },
        path: "firewall/filter/setRule",
        body: { rule: { enabled: "0" } },
        row: ["rule 50901 (block 10.0.0.0/8)", "enabled 1", "enabled 0"],
    },
    {
        what: "rule of IPv6 made one of IPv4",
        section: "rule",
        record: { description: ours("block IPv6") },
        path: "firewall/filter/setRule",
        body: { rule: { ipprotocol: "inet" } },
        row: ["rule 50000 (block IPv6)", "ipprotocol inet6", "ipprotocol inet"],
    },
];
