import type { RouterChange } from "./routerChanges";

const TO_NODE = { protocol: "TCP", destination_net: "10.20.99.22/32", destination_port: "8006" } as const;
const OPENS_NODE = "opens tcp 8006 to management (10.20.99.22)";

/** A rule that a person adds. */
function added(what: string, rule: Readonly<Record<string, string>>, found: string | RegExp, more: object = {}) {
    const row = [`rule ${rule["sequence"]} (${what})`, "none", found] as const;
    const body = { rule: { ...rule, description: what } };
    return { what, section: "rule", path: "firewall/filter/addRule", body, row, ...more } satisfies RouterChange;
}

/** NAT that a person adds. */
function nat(
    kind: string,
    path: string,
    rule: Readonly<Record<string, unknown>>,
    found: string,
    more: object = {},
): RouterChange {
    const row = [`${kind} 7 (by hand)`, "none", found] as const;
    const text = path === "firewall/d_nat/addRule" ? "descr" : "description";
    return {
        what: `${kind}: ${found}`,
        section: "rule",
        path,
        body: { rule: { sequence: "7", [text]: "by hand", ...rule } },
        row,
        ...more,
    };
}

/** Doors beside the rules on a tenant's interface: they are found whoever writes the router. */
export const doors: readonly RouterChange[] = [
    added("on a group", { interface: "inner", sequence: "5", ...TO_NODE }, OPENS_NODE, {
        first: { path: "firewall/group/addItem", body: { group: { ifname: "inner", members: "opt1,opt8" } } },
    }),
    added(
        "on all but one interface",
        { interface: "lan", interfacenot: "1", sequence: "5", ...TO_NODE },
        `grooveiq: ${OPENS_NODE}; vintronics: ${OPENS_NODE}`,
        { tenant: "" },
    ),
    added(
        "from all but one network",
        { interface: "opt8", source_net: "lan", source_not: "1", sequence: "5", ...TO_NODE },
        OPENS_NODE,
    ),
    added(
        "to all but a disabled alias",
        { interface: "opt8", sequence: "5", destination_net: "elsewhere", destination_not: "1", protocol: "ICMP" },
        /^opens icmp to .*management/,
        {
            first: {
                path: "firewall/alias/addItem",
                body: { alias: { name: "elsewhere", type: "network", content: "10.0.0.0/8", enabled: "0" } },
            },
        },
    ),
    added("IPv6", { interface: "opt8", ipprotocol: "inet6", sequence: "5" }, "lets IPv6 through: any to any"),
    added(
        "IPv4 and IPv6",
        { interface: "opt8", ipprotocol: "inet46", sequence: "5", protocol: "TCP", destination_port: "8006" },
        /^opens tcp 8006 to .*, lets IPv6 through: any to any port 8006$/,
    ),
    added(
        "IPv6 on all interfaces",
        { interface: "", ipprotocol: "inet6", sequence: "5" },
        "grooveiq: lets IPv6 through: any to any; vintronics: lets IPv6 through: any to any",
        { tenant: "" },
    ),
    added(
        "out",
        { interface: "opt8", direction: "out", action: "block", sequence: "5", source_net: "opt1" },
        "blocks on the way to the tenant: opt1 to any",
    ),
    nat(
        "port forward",
        "firewall/d_nat/addRule",
        {
            interface: "opt8",
            protocol: "tcp",
            destination: { network: "any", port: "80" },
            target: "10.20.99.95",
            "local-port": "8080",
            pass: "pass",
        },
        "on TENANT50: tcp for any port 80 goes to 10.20.99.95 port 8080, past every rule",
    ),
    nat(
        "port forward",
        "firewall/d_nat/addRule",
        {
            interface: "wan",
            protocol: "tcp",
            destination: { network: "wanip", port: "80" },
            target: "10.20.50.10",
            "local-port": "80",
        },
        "on WAN: tcp for wanip port 80 goes to 10.20.50.10 port 80",
    ),
    nat(
        "outbound NAT",
        "firewall/source_nat/addRule",
        { interface: "lan", source_net: "any", target: "lanip" },
        ["grooveiq", "vintronics"].map((tenant) => `${tenant}: on LAN: any appears as lanip to any`).join("; "),
        { tenant: "" },
    ),
    nat(
        "outbound NAT",
        "firewall/source_nat/addRule",
        { interface: "wan", source_net: "opt8", nonat: "1" },
        "on WAN: opt8 keeps its address to any",
    ),
    nat(
        "one-to-one NAT",
        "firewall/one_to_one/addRule",
        { interface: "wan", source_net: "10.20.50.10/32", external: "192.0.2.50/32" },
        "on WAN: 10.20.50.10/32 appears as 192.0.2.50/32 to any",
    ),
];

/** Additions by a person beside the tenants: no drift. */
export const besides: readonly Pick<RouterChange, "what" | "path" | "body">[] = [
    {
        what: "a rule on a group without a tenant",
        path: "firewall/filter/addRule",
        body: { rule: { interface: "outer", sequence: "5", ...TO_NODE } },
    },
    {
        what: "IPv6 on another interface",
        path: "firewall/filter/addRule",
        body: { rule: { interface: "opt1", ipprotocol: "inet6", sequence: "6" } },
    },
    {
        what: "a port forward inside another segment",
        path: "firewall/d_nat/addRule",
        body: {
            rule: {
                interface: "opt1",
                sequence: "7",
                destination: { network: "any", port: "80" },
                target: "10.20.99.95",
            },
        },
    },
    {
        what: "a port forward that is disabled",
        path: "firewall/d_nat/addRule",
        body: {
            rule: {
                interface: "opt8",
                disabled: "1",
                sequence: "8",
                destination: { network: "any" },
                target: "10.20.99.95",
            },
        },
    },
    {
        what: "outbound NAT of everything to the internet",
        path: "firewall/source_nat/addRule",
        body: { rule: { interface: "wan", source_net: "any", target: "wanip", sequence: "7" } },
    },
    {
        what: "one-to-one NAT of another segment",
        path: "firewall/one_to_one/addRule",
        body: { rule: { interface: "wan", source_net: "10.20.25.9/32", external: "192.0.2.50/32", sequence: "7" } },
    },
];
