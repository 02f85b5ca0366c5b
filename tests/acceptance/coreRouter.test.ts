import { rmSync } from "node:fs";
import { join } from "node:path";
import { SimulatedRouter } from "../../lab/simulatedRouter";
import { recordsWithoutUuids } from "../router/managed";
import { AcceptanceLab, RUN_TIMEOUT_MS } from "./lab";
import { recordWrites } from "../routerWrites";

jest.setTimeout(RUN_TIMEOUT_MS);

/** A tenant's whole life with the stack writing to the core router: node and router at once, as `pulumi up` does it. */
describe("coreRouter.mode: api", () => {
    let router: SimulatedRouter;
    let lab: AcceptanceLab;

    beforeAll(async () => {
        router = await SimulatedRouter.start();
        lab = await AcceptanceLab.start(router);
    });
    afterAll(async () => {
        await lab.stop();
        await router.stop();
    });

    /** Records of a tenant on the router, as `section: field`. */
    async function recordsOf(tenant: string): Promise<string[]> {
        const { saved } = await router.state();
        return Object.entries(saved).flatMap(([section, records]) =>
            Object.values(records)
                .filter(({ description }) => description?.startsWith(`tenant-hypervisors: ${tenant}:`))
                .map((record) => `${section}: ${record["description"]!.replace("tenant-hypervisors: ", "")}`),
        );
    }

    async function uuidOf(section: string, field: string, value: string): Promise<string> {
        const { saved } = await router.state();
        return Object.entries(saved[section]!).find(([, record]) => record[field] === value)![0];
    }

    test("up makes both tenants on node and router", async () => {
        await lab.up();
        expect((await recordsOf("grooveiq")).filter((record) => !record.startsWith("rule")).sort()).toEqual([
            "host: grooveiq: api-vm01",
            "host: grooveiq: db-vm01",
            "host_alias: grooveiq: api-vm01",
            "host_alias: grooveiq: db-vm01",
            "reservation: grooveiq: api-vm01",
            "reservation: grooveiq: db-vm01",
            "subnet4: grooveiq: segment",
        ]);
        const { saved, active } = await router.state();
        expect(active).toEqual(saved);
        const scope = saved["subnet4"]![await uuidOf("subnet4", "subnet", "10.20.50.0/24")]!;
        expect(scope).toMatchObject({
            "match-client-id": "0",
            "option_data.domain_search": "grooveiq.dvntm.deevnet.net",
        });
        expect(Object.keys((await lab.state()).vms)).toHaveLength(3 + 5);
    });

    test("a VM's name is that of the address which is kept for the MAC that it was made with", async () => {
        const { saved } = await router.state();
        const reserved = saved["reservation"]![await uuidOf("reservation", "ip_address", "10.20.50.199")]!;
        expect(reserved).toMatchObject({ hostname: "db-vm01" });
        expect(reserved["hw_address"]).toMatch(/^BC:24:11:/);
        expect((await lab.state()).vms["5002"]!.config["net0"]).toContain(`virtio=${reserved["hw_address"]},`);
        const host = saved["host"]![await uuidOf("host", "server", "10.20.50.199")]!;
        expect(host).toMatchObject({ hostname: "db-vm01", domain: "grooveiq.dvntm.deevnet.net" });
    });

    test("each service is reconfigured once for all that was written", async () => {
        const asked = (await router.requests()).filter(({ method }) => method === "POST").map(({ path }) => path);
        expect(asked.filter((path) => /reconfigure|apply/.test(path)).sort()).toEqual([
            "/api/firewall/filter/apply",
            "/api/kea/service/reconfigure",
            "/api/unbound/service/reconfigure",
        ]);
        expect(asked.filter((path) => /addRule|add_reservation|addHost/.test(path)).length).toBeGreaterThan(20);
    });

    test("the first up after it writes nothing to node or router, and changes nothing in the state", async () => {
        await lab.node.forgetRequests();
        await router.forgetAudit();
        await lab.succeed("up", "--yes", "--skip-preview", "--expect-no-changes");
        expect((await lab.node.requests()).filter(({ method }) => method !== "GET")).toEqual([]);
        expect(await router.audit()).toEqual([]);
    });

    test("the inventory has the name, MAC and address of each VM; drift finds nothing", async () => {
        const { stdout } = await lab.workspace.command("inventory", "dvntm", "--json");
        const { saved } = await router.state();
        const own = Object.values(saved["reservation"]!).filter(({ hw_address: mac }) => mac!.startsWith("BC:24:11"));
        const macs = own.map((one) => one["hw_address"]!.toLowerCase());
        expect(macs).toHaveLength(5);
        expect([...stdout.matchAll(/"mac": ?"([^"]+)"/g)].map(([, mac]) => mac).sort()).toEqual(macs.sort());
        const { exitCode, output } = await lab.workspace.command("drift", "dvntm", "--json");
        expect([exitCode, output]).toEqual([0, output]);
    });

    test("what was changed by hand on the router is found by tenant, and repaired", async () => {
        const whole = recordsWithoutUuids(await router.state());
        await router.byHand(`kea/dhcpv4/set_subnet/${await uuidOf("subnet4", "subnet", "10.20.50.0/24")}`, {
            subnet4: { pools: "10.20.50.100-10.20.50.150" },
        });
        await router.byHand(`unbound/settings/setHostOverride/${await uuidOf("host", "server", "10.20.51.200")}`, {
            host: { server: "10.20.51.99" },
        });
        await router.byHand(
            `firewall/filter/delRule/${await uuidOf("rule", "description", "tenant-hypervisors: grooveiq: platform")}`,
        );
        const drift = await lab.driftByName();
        expect([...drift.keys()].sort()).toEqual([
            "grooveiq-network-dhcp",
            "grooveiq-network-rules",
            "vintronics-network-names",
        ]);
        expect(drift.get("grooveiq-network-dhcp")).toMatch(/poolEnd\s*: "10\.20\.50\.200" => "10\.20\.50\.150"/);
        await lab.up();
        const { saved, active } = await router.state();
        expect(active).toEqual(saved);
        expect(recordsWithoutUuids(await router.state())).toEqual(whole);
    });

    test("teardown of one tenant takes its records and nothing else", async () => {
        const grooveiq = await recordsOf("grooveiq");
        const file = join(lab.workspace.root, "tenants/dvntm/vintronics.yaml");
        rmSync(file);
        await router.forgetAudit();
        await lab.up();
        expect(await recordsOf("vintronics")).toEqual([]);
        expect(await recordsOf("grooveiq")).toEqual(grooveiq);
        const writes = await recordWrites(router);
        const others = writes.filter(
            ({ before: was, after }) => !(was ?? after)!["description"]?.startsWith("tenant-hypervisors: vintronics:"),
        );
        expect(writes.length).toBeGreaterThan(others.length);
        // Kea's list of interfaces is the router's own; the tenant's interface alone is taken off it.
        expect(others.map(({ path }) => path)).toEqual(["/kea/dhcpv4/set"]);
    });

    test("another mode moves no VM: export leaves the tags, none takes them away", async () => {
        const vm = (await lab.state()).vms["5001"]!;
        const setMode = async (mode: string) => {
            const path = "tenant-hypervisors:coreRouter.mode";
            await lab.succeed("config", "set", "--path", path, mode);
            await lab.up();
            return (await lab.state()).vms["5001"]!;
        };
        expect((await setMode("export")).config).toEqual(vm.config);
        expect(await recordsOf("grooveiq")).toEqual([]);
        const flat = await setMode("none");
        expect(flat.config["net0"]).toBe(vm.config["net0"]!.replace(",tag=50", ""));
        expect({ ...flat.config, net0: "" }).toEqual({ ...vm.config, net0: "" });
        expect((await setMode("api")).config).toEqual(vm.config);
        expect(await recordsOf("grooveiq")).not.toEqual([]);
    });
});
