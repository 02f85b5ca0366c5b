import { loadSubstrate } from "../../substrate/load";
import { routerRecordsOf } from "../../router/records";
import { enclosingNetwork } from "../../substrate/network";
import { PRIVATE_NETWORKS } from "../../substrate/privateNetworks";
import { DESCRIPTION_BYTES, OWNER_PREFIX } from "../../substrate/recordOwnership";
import { project, removeProjects, smallTenant, STACK } from "../fixtures";

afterAll(removeProjects);

const DETERMINISTIC = "  tenant-hypervisors:macPolicy: deterministic\n";

const GROOVEIQ = `${smallTenant("grooveiq", 50)}    aliases: [mqtt, api]
  - name: far-vm01
    instance: 41
  - name: db-vm01
    instance: 2
    address: fixed
allow:
  - {to: vintronics, protocol: tcp, ports: "5432,8000:8010", why: orders database}
  - {to: iot_backend, protocol: any, why: sensors}
  - {to: 10.20.99.95/32, protocol: icmp, why: artifact server}
`;

function load(stack: string, grooveiq = GROOVEIQ) {
    const root = project({
        "Pulumi.dvntm.yaml": stack,
        "tenants/dvntm/grooveiq.yaml": grooveiq,
        "tenants/dvntm/vintronics.yaml": smallTenant("vintronics", 51),
    });
    return loadSubstrate({ root, substrate: "dvntm" });
}

function records(stack = STACK) {
    const substrate = load(stack);
    return routerRecordsOf(substrate, substrate.tenants[0]!);
}

test("the rules of a tenant, in their order", () => {
    const { rules } = records().rules;
    const lines = rules.map((rule) => {
        const { sequence, action, family, protocol, source, destination, ports, description } = rule;
        const what = description.slice(`${OWNER_PREFIX}grooveiq: `.length);
        const to = `${destination}${ports === undefined ? "" : `:${ports}`}`;
        return `${sequence} ${action} ${family} ${protocol} ${source} -> ${to} (${what})`;
    });
    expect(lines).toEqual([
        "50000 block inet6 any any -> any (block IPv6)",
        "50001 pass inet UDP 0.0.0.0/32 -> 255.255.255.255/32:67 (dhcp broadcast)",
        "50002 pass inet UDP 10.20.50.0/24 -> 255.255.255.255/32:67 (dhcp rebinding)",
        "50003 pass inet UDP 10.20.50.0/24 -> gateway:67 (dhcp)",
        "50004 pass inet TCP/UDP 10.20.50.0/24 -> gateway:53 (dns)",
        "50005 pass inet UDP 10.20.50.0/24 -> gateway:123 (ntp)",
        "50006 block inet any any -> (self) (block the router itself)",
        "50050 pass inet any 10.20.50.0/24 -> 10.20.25.0/24 (platform)",
        "50100 pass inet TCP 10.20.50.0/24 -> 10.20.51.0/24:5432 (vintronics tcp 5432: orders database)",
        "50101 pass inet TCP 10.20.50.0/24 -> 10.20.51.0/24:8000-8010 (vintronics tcp 8000-8010: orders database)",
        "50102 pass inet any 10.20.50.0/24 -> 10.20.35.0/24 (iot_backend any: sensors)",
        "50103 pass inet ICMP 10.20.50.0/24 -> 10.20.99.95/32 (10.20.99.95/32 icmp: artifact server)",
        ...PRIVATE_NETWORKS.map((network, i) => `${50900 + i} block inet any any -> ${network} (block ${network})`),
        "50990 pass inet any 10.20.50.0/24 -> any (internet)",
        "50999 block inet any any -> any (block the rest)",
    ]);
    // What somebody tried is logged, but for IPv6, which every VM speaks.
    expect(rules.filter(({ log }) => log)).toEqual(
        rules.filter(({ action, family }) => action === "block" && family === "inet"),
    );
});

test("no rule takes an alias's word for what is private: each names a network, an address of the router, or any", () => {
    const words = new Set(records().rules.rules.flatMap(({ source, destination }) => [source, destination]));
    const named = [...words].filter((word) => enclosingNetwork(word) === undefined);
    expect(named.sort()).toEqual(["(self)", "any", "gateway"]);
});

test("what is private goes by IANA's registry", () => {
    expect(PRIVATE_NETWORKS).toEqual(expect.arrayContaining(["10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8"]));
    expect(PRIVATE_NETWORKS).not.toContain("0.0.0.0/0");
});

test("as many allowances as a file may have keep their places before the networks that are private", () => {
    const ports = Array.from({ length: 15 }, (_, i) => 2 * i + 1);
    const allow = Array.from({ length: 40 }, (_, i) => {
        const some = ports.map((port) => port + 100 * i).join();
        return `  - {to: vintronics, protocol: tcp, ports: "${some}", why: many}\n`;
    });
    const { tenants, ...substrate } = load(STACK, `${smallTenant("grooveiq", 50)}allow:\n${allow.join("")}`);
    const sequences = routerRecordsOf(substrate, tenants[0]!).rules.rules.map(({ sequence }) => sequence);
    expect(sequences).toHaveLength(40 * 15 + 24);
    expect(sequences).toEqual([...new Set(sequences)].sort((a, b) => a - b));
});

test("the VLAN and the DHCP scope", () => {
    const { vlan, dhcp } = records();
    expect(vlan).toEqual({
        tag: 50,
        parent: "re0",
        description: "tenant-hypervisors: grooveiq: segment",
        gatewayCidr: "10.20.50.1/24",
    });
    expect(dhcp).toMatchObject({
        subnet: "10.20.50.0/24",
        poolStart: "10.20.50.100",
        poolEnd: "10.20.50.200",
        gateway: "10.20.50.1",
        resolver: "10.20.50.1",
        ntpServer: "10.20.50.1",
        searchDomain: "grooveiq.dvntm.deevnet.net",
    });
});

describe("what is known of a VM before it boots", () => {
    test("with automatic MACs, which the files do not know: the fixed address alone", () => {
        const { dhcp, names } = records();
        expect(dhcp.reservations).toEqual([]);
        expect(names.hosts).toEqual([
            {
                hostname: "db-vm01",
                domain: "grooveiq.dvntm.deevnet.net",
                address: "10.20.50.11",
                description: "tenant-hypervisors: grooveiq: db-vm01",
                aliases: [],
            },
        ]);
    });

    test("with deterministic MACs: every VM, by its slot, and instance 41, which has none, by the pool", () => {
        const { dhcp, names } = records(STACK + DETERMINISTIC);
        expect(dhcp.reservations.map(({ mac, address, hostname }) => [mac, address, hostname])).toEqual([
            ["02:de:20:50:00:01", "10.20.50.10", "api-vm01"],
            ["02:de:20:50:00:02", "10.20.50.11", "db-vm01"],
            ["02:de:20:50:00:41", "10.20.50.160", "far-vm01"],
        ]);
        expect(names.hosts.map(({ hostname, address, aliases }) => [hostname, address, aliases])).toEqual([
            ["api-vm01", "10.20.50.10", ["api", "mqtt"]],
            ["db-vm01", "10.20.50.11", []],
            ["far-vm01", "10.20.50.160", []],
        ]);
    });
});

test("every description begins with our prefix, fits, and within its kind is the only one", () => {
    const { vlan, dhcp, names, rules } = records(STACK + DETERMINISTIC);
    const kinds = [[vlan], [dhcp], dhcp.reservations, names.hosts, rules.rules];
    for (const descriptions of kinds.map((kind) => kind.map(({ description }) => description))) {
        expect(descriptions.filter((text) => !text.startsWith(`${OWNER_PREFIX}grooveiq: `))).toEqual([]);
        expect(descriptions.filter((text) => Buffer.byteLength(text) > DESCRIPTION_BYTES)).toEqual([]);
        expect(new Set(descriptions).size).toBe(descriptions.length);
    }
});

test("two allowances of one reason, by tcp and by udp, are told apart", () => {
    const allow = ["tcp", "udp"].map((p) => `  - {to: vintronics, protocol: ${p}, ports: "53", why: names}\n`);
    const { tenants, ...substrate } = load(STACK, `${smallTenant("grooveiq", 50)}allow:\n${allow.join("")}`);
    const { rules } = routerRecordsOf(substrate, tenants[0]!).rules;
    expect(rules.map(({ description }) => description)).toEqual(
        expect.arrayContaining([
            "tenant-hypervisors: grooveiq: vintronics tcp 53: names",
            "tenant-hypervisors: grooveiq: vintronics udp 53: names",
        ]),
    );
});

test("the destination's own wall opens the same", () => {
    const [, vintronics] = load(STACK).tenants;
    expect(vintronics!.segment.inbound).toEqual([
        { name: "management", cidr: "10.20.99.0/24" },
        { name: "trusted", cidr: "10.20.10.0/24" },
        { name: "grooveiq: orders database", cidr: "10.20.50.0/24", protocol: "tcp", ports: "5432,8000:8010" },
    ]);
});

describe("modes of the core router", () => {
    const router = (text: string) => `${STACK}  tenant-hypervisors:coreRouter: ${text}\n`;
    const PLAIN = smallTenant("grooveiq", 50);

    test.each([
        ["no coreRouter", STACK, { mode: "export", vlanParent: "re0" }, true],
        ["export", router("{mode: export, vlanParent: igb1}"), { mode: "export", vlanParent: "igb1" }, true],
        [
            "api",
            router("{mode: api, endpoint: https://core-rt02.dvntm.deevnet.net/}"),
            { mode: "api", endpoint: "https://core-rt02.dvntm.deevnet.net/", vlanParent: "re0" },
            true,
        ],
        ["none", router("{mode: none}"), { mode: "none", vlanParent: "re0" }, false],
    ])("%s", (_, stack, coreRouter, tagged) => {
        const substrate = load(stack, PLAIN);
        expect(substrate.coreRouter).toEqual(coreRouter);
        expect(substrate.tenants.map(({ segment }) => segment.tagged)).toEqual([tagged, tagged]);
    });

    test("a change of mode changes no VM", () => {
        const vms = (stack: string) => load(stack, PLAIN).tenants.flatMap((tenant) => tenant.vms);
        expect(vms(router("{mode: none}"))).toEqual(vms(STACK));
    });
});
