import type { RouterState, SimulatedRouter } from "../../lab/simulatedRouter";
import { OWNER_PREFIX } from "../../model/routerRecords";
import { destroyAll, KINDS, recordsWithoutUuids, startRouter, tenantOn, upAll, uuidOf, type KindName } from "./managed";

jest.setTimeout(60_000);

/** A change that a person makes on the router, and what a refresh shows of it. */
interface ByHand {
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

const ours = (what: string) => `${OWNER_PREFIX}grooveiq ${what}`;
const SUBNET = {
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
const RULE = {
    section: "rule",
    kind: "rules",
    record: { description: ours("DNS") },
    path: "firewall/filter/setRule",
    drift: ["rules"],
} as const;
const ALIAS = {
    section: "alias",
    kind: "rules",
    record: { name: "grooveiq_private" },
    path: "firewall/alias/setItem",
    drift: ["privateNetworks"],
} as const;

const changes: readonly ByHand[] = [
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
    { ...RULE, what: "log", body: { rule: { log: "1" } } },
    { ...RULE, what: "description", body: { rule: { description: ours("DNS, changed") } } },
    { ...RULE, what: "rule deleted", path: "firewall/filter/delRule" },
    { ...ALIAS, what: "networks", body: { alias: { content: "10.0.0.0/8" } } },
    { ...ALIAS, what: "disabled", body: { alias: { enabled: "0" } } },
    { ...ALIAS, what: "description", body: { alias: { description: ours("changed") } } },
];

describe("a tenant's records, from the first up to destroy", () => {
    let router: SimulatedRouter;
    let found: RouterState;
    const grooveiq = () => tenant;
    let tenant: ReturnType<typeof tenantOn>;
    let other: ReturnType<typeof tenantOn>;
    let whole: RouterState;

    beforeAll(async () => {
        router = await startRouter();
        found = await router.state();
        tenant = tenantOn(router, "grooveiq", 50);
        other = tenantOn(router, "vintronics", 51);
    });
    afterAll(() => router.stop());

    test("up writes every record, with the tenant's mark, and makes it active", async () => {
        await Promise.all([upAll(tenant), upAll(other)]);
        whole = await router.state();
        expect(whole.active).toEqual(whole.saved);
        const made = (await router.audit()).filter(({ user }) => user === "deevnet");
        const counts: Record<string, number> = {};
        made.forEach(({ section }) => (counts[section] = (counts[section] ?? 0) + 1));
        expect(counts).toEqual({
            subnet4: 2,
            reservation: 4,
            kea_general: 2,
            host: 4,
            host_alias: 4,
            rule: 12,
            alias: 2,
        });
        const marks = made.flatMap(({ after }) => (after && "description" in after ? [after["description"]!] : []));
        expect(marks.filter((text) => !/^tenant-hypervisors: (grooveiq|vintronics) /.test(text))).toEqual([]);
    });

    test("one reconfigure of each service was enough for both tenants", async () => {
        const paths = (await router.requests())
            .map(({ path }) => path)
            .filter((path) => /reconfigure|apply/.test(path));
        expect([...paths].sort()).toEqual([
            "/api/firewall/alias/reconfigure",
            "/api/firewall/filter/apply",
            "/api/kea/service/reconfigure",
            "/api/unbound/service/reconfigure",
        ]);
    });

    test("Kea serves the VLAN and matches clients by MAC", async () => {
        const subnet = Object.values(whole.saved["subnet4"]!).find((one) => one["subnet"] === "10.20.50.0/24");
        expect(subnet).toMatchObject({
            "match-client-id": "0",
            option_data_autocollect: "0",
            pools: "10.20.50.100-10.20.50.200",
            "option_data.routers": "10.20.50.1",
            "option_data.domain_search": "grooveiq.dvntm.deevnet.net",
        });
        expect(whole.saved["kea_general"]!["general"]!["interfaces"]!.split(",")).toEqual(
            expect.arrayContaining(["lan", "opt7", "opt8", "opt9"]),
        );
    });

    test("rules are on the VLAN's interface and call its address by its name", async () => {
        const rule = Object.values(whole.saved["rule"]!).find((one) => one["description"] === ours("DNS"));
        expect(rule).toMatchObject({
            interface: "opt8",
            destination_net: "opt8ip",
            destination_port: "53",
            sequence: "50001",
        });
    });

    test("a second up asks for nothing but reads", async () => {
        await router.forgetRequests();
        expect(await upAll(tenant)).toEqual([false, false, false, false]);
        const writes = (await router.requests()).filter(({ path }) => !/search|get|export|status/i.test(path));
        expect(writes).toEqual([]);
    });

    test.each(changes)("$section: $what changed by hand is found in $drift, and repaired", async (change) => {
        const uuid = await uuidOf(router, change.section, change.record);
        await router.byHand(`${change.path}/${uuid}`, change.body);
        for (const kind of KINDS) {
            const drift = await grooveiq()[kind].refresh();
            expect([kind, drift]).toEqual([kind, kind === change.kind ? change.drift : []]);
        }
        await upAll(tenant);
        const after = await router.state();
        expect(recordsWithoutUuids(after)).toEqual(recordsWithoutUuids(whole));
        expect(after.active).toEqual(after.saved);
        expect(await upAll(tenant)).toEqual([false, false, false, false]);
    });

    test("Kea told not to serve the VLAN is found, and repaired", async () => {
        const served = (await router.state()).saved["kea_general"]!["general"]!["interfaces"]!;
        const without = served
            .split(",")
            .filter((name) => name !== "opt8")
            .join();
        await router.byHand("kea/dhcpv4/set", { dhcpv4: { general: { interfaces: without } } });
        expect(await tenant.dhcp.refresh()).toEqual(["interface"]);
        await upAll(tenant);
        expect((await router.state()).saved["kea_general"]!["general"]!["interfaces"]!.split(",")).toContain("opt8");
    });

    test("a MAC in another case and a pool with blanks are as declared", async () => {
        const reservation = await uuidOf(router, "reservation", { ip_address: "10.20.50.10" });
        await router.byHand(`kea/dhcpv4/set_reservation/${reservation}`, {
            reservation: { hw_address: "02:de:20:50:00:01" },
        });
        const subnet = await uuidOf(router, "subnet4", SUBNET.record);
        await router.byHand(`kea/dhcpv4/set_subnet/${subnet}`, { subnet4: { pools: "10.20.50.100 - 10.20.50.200" } });
        expect(await tenant.dhcp.refresh()).toEqual([]);
    });

    test("two reservations may swap their addresses", async () => {
        const { reservations } = tenant.dhcp.inputs as { reservations: Record<string, string>[] };
        const [first, second] = reservations;
        const swapped = [
            { ...second!, address: first!["address"] },
            { ...first!, address: second!["address"] },
        ];
        tenant.dhcp.inputs = { ...tenant.dhcp.inputs, reservations: swapped };
        await tenant.dhcp.up();
        expect(await tenant.dhcp.refresh()).toEqual([]);
        tenant.dhcp.inputs = { ...tenant.dhcp.inputs, reservations };
        await tenant.dhcp.up();
        expect(recordsWithoutUuids(await router.state())).toEqual(recordsWithoutUuids(whole));
    });

    test("a second rule with the same description and sequence is found and taken away, the first stays", async () => {
        const uuid = await uuidOf(router, "rule", RULE.record);
        const { saved } = await router.state();
        await router.byHand("firewall/filter/addRule", { rule: saved["rule"]![uuid] });
        expect(await tenant.rules.refresh()).toEqual(["rules"]);
        await tenant.rules.up();
        expect(Object.keys((await router.state()).saved["rule"]!)).toContain(uuid);
        expect(recordsWithoutUuids(await router.state())).toEqual(recordsWithoutUuids(whole));
    });

    test("everything of a resource deleted by hand is found as deleted, and made anew", async () => {
        for (const uuid of Object.keys(tenant.names.props!["uuids"] as object)) {
            await router.byHand(`unbound/settings/delHostOverride/${uuid}`);
        }
        expect(await tenant.names.refresh()).toEqual(["deleted"]);
        await tenant.names.up();
        expect(recordsWithoutUuids(await router.state())).toEqual(recordsWithoutUuids(whole));
    });

    test("destroy of one tenant leaves the other's records, and only its own writes are seen", async () => {
        await router.forgetAudit();
        await destroyAll(tenant);
        const { saved, active } = await router.state();
        expect(active).toEqual(saved);
        const writes = await router.audit();
        expect(writes.filter(({ before }) => before === null)).toEqual([]);
        const deleted = writes.flatMap(({ before, section }) =>
            section === "kea_general" ? [] : [before!["description"]],
        );
        expect(deleted.length).toBe(14);
        expect(deleted.filter((text) => !text?.startsWith(`${OWNER_PREFIX}grooveiq `))).toEqual([]);
        expect(await other.rules.refresh()).toEqual([]);
    });

    test("destroy of the last leaves the router as it was found", async () => {
        await destroyAll(other);
        expect(await router.state()).toEqual(found);
    });
});
