import fc from "fast-check";
import { interfaceFilter } from "../../router/rules/filter";
import { parseAddress } from "../../substrate/network";
import { PACKET_PROTOCOLS, routerFilter, type Packet } from "../../firewall/packetFilter";
import { routerRecordsOf } from "../../router/records";
import type { Row } from "../../router/client";
import { valuesOf } from "../../router/fields";
import type { RouterInventory } from "../../router/inventory";
import { ruleFields } from "../../router/rules/fields";
import { definitionOf, nameOf, substrateOf } from "./paths";

const INTERFACES = [
    { identifier: "lan", device: "re0", enabled: true, address: "10.20.99.1/24", description: "LAN" },
    { identifier: "opt8", device: "vlan0.50", enabled: true, address: "10.20.50.1/24", description: "TENANT50" },
];

function inventoryOf(
    rules: readonly Readonly<Record<string, string>>[],
    aliases: RouterInventory["aliases"] = [],
    groups: RouterInventory["doors"]["groups"] = [],
): RouterInventory {
    const rows = rules.map((rule, i) => ({ sequence: String(i), uuid: String(i), interface: "opt8", ...rule }));
    return {
        interfaces: INTERFACES,
        served: [],
        stopped: [],
        vlans: [],
        subnets: [],
        reservations: [],
        hosts: [],
        hostAliases: [],
        aliases,
        rules: rows,
        doors: { groups, forwards: [], outbound: [], oneToOne: [], unread: [] },
    };
}

function packet(to: string, { protocol = "tcp", port = 443, from = "10.20.50.100" } = {}): Packet {
    const known = PACKET_PROTOCOLS.find((one) => one === protocol)!;
    return { protocol: known, source: parseAddress(from)!, destination: parseAddress(to)!, port };
}

const PASS = { action: "pass" };
const BLOCK = { action: "block" };

/** Uuid of the rule that decides. */
function decides(rules: readonly Readonly<Record<string, string>>[], of: Packet, aliases: Row[] = []) {
    return interfaceFilter(inventoryOf(rules, aliases), "opt8").filter.first(of)?.uuid;
}

test.each([
    ["the first that matches", [BLOCK, PASS], "0"],
    [
        "of the lower sequence",
        [
            { ...PASS, sequence: "9" },
            { ...BLOCK, sequence: "8" },
        ],
        "1",
    ],
    ["for all interfaces before the interface's own", [PASS, { ...BLOCK, interface: "" }], "1"],
    ["for several interfaces before it too", [PASS, { ...BLOCK, interface: "lan,opt8" }], "1"],
    ["for every interface but another", [PASS, { ...BLOCK, interface: "lan", interfacenot: "1" }], "1"],
    ["not one of another interface", [{ ...BLOCK, interface: "lan" }, PASS], "1"],
    ["not one for every other interface", [{ ...BLOCK, interfacenot: "1" }, PASS], "1"],
    ["not one that is disabled", [{ ...BLOCK, enabled: "0" }, PASS], "1"],
    ["not one for what goes out", [{ ...BLOCK, direction: "out" }, PASS], "1"],
    ["not one for IPv6", [{ ...BLOCK, ipprotocol: "inet6" }, PASS], "1"],
    ["one that is quick before one that is not", [{ ...BLOCK, quick: "0" }, PASS], "1"],
    [
        "the last of those that are not quick",
        [
            { ...PASS, quick: "0" },
            { ...BLOCK, quick: "0" },
        ],
        "1",
    ],
    ["one that passes at some hours, since it opens", [{ ...PASS, sched: "nights" }, BLOCK], "0"],
    ["not one that blocks at some hours", [{ ...BLOCK, sched: "nights" }, PASS], "1"],
    ["not one that blocks some source ports", [{ ...BLOCK, source_port: "1024" }, PASS], "1"],
] as const)("the rule that decides: %s", (_, rules, expected) => {
    expect(decides(rules, packet("192.0.2.9"))).toBe(expected);
});

describe("rules that are on more than the interface itself", () => {
    const groups = [
        { uuid: "inner", ifname: "inner", members: "lan,opt8", sequence: "5" },
        { uuid: "outer", ifname: "outer", members: "lan", sequence: "0" },
        { uuid: "first", ifname: "first", members: "opt8", sequence: "1" },
    ];
    /** A rule of the GUI's old pages, as a search lists it: src/opnsense/scripts/filter/list_non_mvc_rules.php. */
    const old = (more: Readonly<Record<string, unknown>>) =>
        ({ ...BLOCK, interface: "TENANT50", legacy: true, is_automatic: false, sequence: "", ...more }) as never;

    test.each([
        ["a group's before the interface's own", [PASS, { ...BLOCK, interface: "inner" }], "1"],
        ["not one of a group without the interface", [PASS, { ...BLOCK, interface: "outer" }], "0"],
        [
            "of groups by their sequence",
            [
                { ...PASS, interface: "inner" },
                { ...BLOCK, interface: "first" },
            ],
            "1",
        ],
        [
            "a floating one before a group's",
            [
                { ...PASS, interface: "inner" },
                { ...BLOCK, interface: "" },
            ],
            "1",
        ],
        ["for all but a group", [PASS, { ...BLOCK, interface: "outer", interfacenot: "1" }], "1"],
        ["not one for all but its own group", [PASS, { ...BLOCK, interface: "inner", interfacenot: "1" }], "0"],
        ["an old floating one", [PASS, old({ sort_order: "200000.1000040" })], "1"],
        ["an old one after the interface's own", [PASS, old({ sort_order: "400000.1000040" })], "0"],
        [
            "an old one that nobody changed",
            [old({ sort_order: "400000.1", is_automatic: true, ref: "ui/firewall/migration" })],
            "0",
        ],
        [
            "not one that OPNsense made",
            [old({ sort_order: "000005.1", is_automatic: true, ref: "ui/kea/dhcp/v4" }), PASS],
            "1",
        ],
        ["not an old one of another interface", [old({ sort_order: "200000.1", interface: "LAN" }), PASS], "1"],
    ])("%s", (_, rules, expected) => {
        const { filter } = interfaceFilter(inventoryOf(rules, [], groups), "opt8");
        expect(filter.first(packet("192.0.2.9"))?.uuid).toBe(expected);
    });

    test("a group stands for the networks of its interfaces", () => {
        const rules = [{ ...PASS, destination_net: "outer" }, BLOCK];
        const { filter } = interfaceFilter(inventoryOf(rules, [], groups), "opt8");
        expect(filter.first(packet("10.20.99.22"))?.uuid).toBe("0");
        expect(filter.first(packet("10.20.50.22"))?.uuid).toBe("1");
    });

    test("an alias that is disabled is empty, and what is not in it is everything", () => {
        const alias = { uuid: "all", name: "all", type: "network", enabled: "0", content: "0.0.0.0/0" };
        const not = { ...PASS, destination_net: "all", destination_not: "1" };
        expect(decides([{ ...PASS, destination_net: "all" }, BLOCK], packet("192.0.2.9"), [alias])).toBe("1");
        expect(decides([not, BLOCK], packet("192.0.2.9"), [alias])).toBe("0");
        // Control: enabled it is what it says.
        expect(decides([not, BLOCK], packet("192.0.2.9"), [{ ...alias, enabled: "1" }])).toBe("1");
    });
});

test.each([
    ["10.20.99.22", "10.20.99.22", true],
    ["10.20.99.0/24", "10.20.99.22", true],
    ["10.20.99.0/24", "10.20.98.22", false],
    ["10.20.99.5-10.20.99.9", "10.20.99.9", true],
    ["lan", "10.20.99.22", true],
    ["lanip", "10.20.99.22", false],
    ["lanip", "10.20.99.1", true],
    ["(self)", "10.20.50.1", true],
    ["lanip,10.20.25.0/24", "10.20.25.7", true],
    ["servers", "10.20.25.7", true],
    ["servers", "10.20.25.9", false],
    ["outer", "10.20.25.7", true],
])("destination %s and %s: %s", (destination, to, expected) => {
    const alias = (name: string, content: string) => ({ uuid: name, name, type: "network", enabled: "1", content });
    const aliases = [alias("servers", "10.20.25.0/24\n!10.20.25.9"), alias("outer", "servers")];
    expect(decides([{ ...PASS, destination_net: destination }], packet(to), aliases) === "0").toBe(expected);
    const inverted = [{ ...PASS, destination_net: destination, destination_not: "1" }];
    expect(decides(inverted, packet(to), aliases) === "0").toBe(!expected);
});

test.each([
    ["TCP", "443", "tcp", 443, true],
    ["TCP", "443", "udp", 443, false],
    ["TCP/UDP", "400-500", "udp", 443, true],
    ["TCP", "400-500", "tcp", 501, false],
    ["TCP", "web", "tcp", 80, true],
    ["ESP", "", "other", 0, true],
    ["any", "", "icmp", 0, true],
])("protocol %s, port %s and %s %i: %s", (protocol, ports, wanted, port, expected) => {
    const web = { uuid: "web", name: "web", type: "port", enabled: "1", content: "80\n443" };
    const rule = { ...PASS, protocol, destination_port: ports };
    expect(decides([rule], packet("192.0.2.9", { protocol: wanted, port }), [web]) === "0").toBe(expected);
});

test("what nobody here can tell is told where it passes, and opens nothing where it blocks", () => {
    const geo = { uuid: "geo", name: "geo", type: "geoip", enabled: "1", content: "NL" };
    const rules = [
        { ...BLOCK, destination_net: "geo" },
        { ...PASS, destination_net: "geo" },
        { ...PASS, destination_port: "unheard" },
        PASS,
    ];
    const { filter, undecided } = interfaceFilter(inventoryOf(rules, [geo]), "opt8");
    expect(undecided.map(({ uuid }) => uuid)).toEqual(["1", "2"]);
    expect(filter.first(packet("192.0.2.9"))?.uuid).toBe("3");
});

test("the stack's own rules, read back, decide about every packet as they were rendered", () => {
    const [A, B] = [nameOf(50), nameOf(51)];
    const substrate = substrateOf([
        definitionOf(50, [
            { to: B, protocol: "tcp", ports: "5432,8000:8010", why: "orders" },
            { to: "10.20.99.95/32", protocol: "icmp", why: "artifact server" },
        ]),
        definitionOf(51),
    ]);
    const { rules } = routerRecordsOf(
        substrate,
        substrate.tenants.find(({ name }) => name === A)!,
    );
    const rows = rules.rules.map((rule) => valuesOf(ruleFields("opt8"), rule));
    const found = interfaceFilter(inventoryOf(rows), "opt8").filter;
    const itself = INTERFACES.map(({ address }) => address.replace("/24", ""));
    const rendered = routerFilter(rules, { gateway: "10.20.50.1", itself });
    const near = fc.constantFrom("10.20.50.1", "10.20.51.7", "10.20.99.95", "255.255.255.255", "10.20.25.3", "1.1.1.1");
    const anywhere = fc.integer({ min: 0, max: 2 ** 32 - 1 });
    fc.assert(
        fc.property(
            fc.record({
                protocol: fc.constantFrom(...PACKET_PROTOCOLS),
                source: fc.oneof(fc.constant(parseAddress("10.20.50.100")!), anywhere),
                destination: fc.oneof(
                    near.map((text) => parseAddress(text)!),
                    anywhere,
                ),
                port: fc.oneof(fc.constantFrom(53, 67, 123, 5432, 8000, 8011), fc.integer({ min: 0, max: 65_535 })),
            }),
            (one) => found.first(one)?.["description"] === rendered.first(one)?.description,
        ),
        { numRuns: 2000 },
    );
});
