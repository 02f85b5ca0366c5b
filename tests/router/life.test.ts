import type { RouterState, SimulatedRouter } from "../../lab/simulatedRouter";
import { RouterClient } from "../../router/client";
import { stopped } from "../../router/services";
import { OWNER_PREFIX } from "../../substrate/recordOwnership";
import { changes, ours, RULE, SUBNET } from "./changes";
import { announce, destroyAll, KINDS, recordsWithoutUuids, startRouter, tenantOn, upAll, uuidOf } from "./managed";
import { recordWrites } from "../routerWrites";

jest.setTimeout(60_000);

describe("Kea that serves tenants alone", () => {
    let router: SimulatedRouter;
    let tenant: ReturnType<typeof tenantOn>;

    beforeAll(async () => {
        router = await startRouter();
        tenant = tenantOn(router, "grooveiq", 50);
        await router.byHand("kea/dhcpv4/set", { dhcpv4: { general: { interfaces: "" } } });
    });
    afterAll(() => router.stop());

    const subnets = ({ active }: RouterState) => Object.values(active["subnet4"]!).map(({ subnet }) => subnet);

    test("serves no scope of the last one that goes, and is no drift", async () => {
        const other = tenantOn(router, "vintronics", 51);
        await Promise.all([tenant.dhcp.up(), other.dhcp.up()]);
        await tenant.dhcp.destroy();
        const between = await router.state();
        expect(between.running["kea"]).toBe(true);
        expect([subnets(between).includes("10.20.51.0/24"), subnets(between).includes("10.20.50.0/24")]).toEqual([
            true,
            false,
        ]);
        await other.dhcp.destroy();
        const { saved, active, running } = await router.state();
        expect(running["kea"]).toBe(false);
        expect(subnets(await router.state()).filter((one) => one!.startsWith("10.20.5"))).toEqual([]);
        expect(active).toEqual(saved);
        expect(await stopped(clientOf(router))).toEqual([]);
    });

    test("is switched on again with the first one that comes", async () => {
        await tenant.dhcp.up();
        const state = await router.state();
        expect(state.running["kea"]).toBe(true);
        expect(subnets(state)).toContain("10.20.50.0/24");
    });

    test("control: where somebody switched it off while it serves others, that is told and left", async () => {
        await router.byHand("kea/dhcpv4/set", { dhcpv4: { general: { interfaces: "opt1", enabled: "0" } } });
        await expect(tenant.dhcp.up()).rejects.toThrow(/Kea DHCPv4 does not run on the router \(disabled\)/);
        expect((await router.state()).saved["kea_general"]!["general"]!["enabled"]).toBe("0");
        expect(await stopped(clientOf(router))).toEqual(["Kea DHCPv4"]);
    });

    function clientOf({ ready }: SimulatedRouter): RouterClient {
        return new RouterClient(ready.endpoint, { key: ready.apiKey, secret: ready.apiSecret });
    }
});

describe("a tenant's records, from the first up to destroy", () => {
    let router: SimulatedRouter;
    let found: RouterState;

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
        announce(tenant, other);
        await Promise.all([upAll(tenant), upAll(other)]);
        whole = await router.state();
        expect(whole.active).toEqual(whole.saved);
        const made = (await recordWrites(router)).filter(({ user }) => user === "deevnet");
        const counts: Record<string, number> = {};
        made.forEach(({ section }) => (counts[section] = (counts[section] ?? 0) + 1));
        expect(counts).toEqual({
            subnet4: 2,
            reservation: 4,
            kea_general: 2,
            host: 4,
            host_alias: 4,
            rule: 14,
        });
        const marks = made.flatMap(({ after }) => (after && "description" in after ? [after["description"]] : []));
        expect(marks.filter((text) => !/^tenant-hypervisors: (grooveiq|vintronics) /.test(text))).toEqual([]);
    });

    test("one reconfigure of each service was enough for both tenants", async () => {
        const paths = (await router.requests())
            .map(({ path }) => path)
            .filter((path) => /reconfigure|apply/.test(path));
        expect([...paths].sort()).toEqual([
            "/api/firewall/filter/apply",
            "/api/kea/service/reconfigure",
            "/api/unbound/service/reconfigure",
        ]);
    });

    test("Kea serves the VLAN and matches clients by MAC", () => {
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

    test("rules are on the VLAN's interface and call its address by its name", () => {
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
            const drift = await tenant[kind].refresh();
            expect([kind, drift]).toEqual([kind, kind === change.kind ? change.drift : []]);
        }
        expect(await tenant[change.kind].apply()).toBe(true);
        const after = await router.state();
        expect(recordsWithoutUuids(after)).toEqual(recordsWithoutUuids(whole));
        expect(after.active).toEqual(after.saved);
        expect(await tenant[change.kind].up()).toBe(false);
    });

    test("after all that, nothing is left to do for any of them", async () => {
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

    test("a second rule with the same description and sequence is found, and one of the two is taken away", async () => {
        const uuid = await uuidOf(router, "rule", RULE.record);
        const { saved } = await router.state();
        const second = await router.byHand("firewall/filter/addRule", { rule: saved["rule"]![uuid] });
        expect(await tenant.rules.refresh()).toEqual(["rules"]);
        await tenant.rules.apply();
        const after = await router.state();
        // The router lists them in an order of its own.
        const left = [uuid, String(second["uuid"])].filter((one) => one in after.saved["rule"]!);
        expect(left).toHaveLength(1);
        expect(recordsWithoutUuids(after)).toEqual(recordsWithoutUuids(whole));
    });

    test("everything of a resource deleted by hand is found as missing, and made anew", async () => {
        for (const uuid of Object.keys(tenant.names.props!["uuids"] as object)) {
            await router.byHand(`unbound/settings/delHostOverride/${uuid}`);
        }
        expect(await tenant.names.refresh()).toEqual(["missing"]);
        await tenant.names.up();
        expect(recordsWithoutUuids(await router.state())).toEqual(recordsWithoutUuids(whole));
    });

    test("destroy of one tenant leaves the other's records, and only its own writes are seen", async () => {
        await router.forgetAudit();
        await destroyAll(tenant);
        const { saved, active } = await router.state();
        expect(active).toEqual(saved);
        const writes = await recordWrites(router);
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
