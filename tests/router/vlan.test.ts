import type { RouterState, SimulatedRouter } from "../../lab/simulatedRouter";
import { morePrivileges, privileges } from "../../router/privileges";
import { OWNER_PREFIX } from "../../substrate/recordOwnership";
import { Managed, startRouter, tenantOn, uuidOf } from "./managed";

jest.setTimeout(60_000);

/** Tests go on where the one before it ended. */
describe("a VLAN on a router before the one-time step", () => {
    let router: SimulatedRouter;
    let vlan: ReturnType<typeof tenantOn>["vlan"];

    beforeAll(async () => {
        router = await startRouter({ assigned: false });
        ({ vlan } = tenantOn(router, "grooveiq", 50));
    });
    afterAll(() => router.stop());

    test("a device that is refused is told, and is missing", async () => {
        await router.fail({
            method: "POST",
            path: "/interfaces/vlan_settings/addItem",
            result: "failed",
            validations: { "vlan.tag": "no" },
            times: 1,
        });
        await expect(vlan.up()).rejects.toThrow(
            'POST interfaces/vlan_settings/addItem for "tenant-hypervisors: grooveiq VLAN": the router refused it: vlan.tag: no.',
        );
        expect(await vlan.refresh()).toEqual(["missing"]);
    });

    test("a parent that the router does not have is told", async () => {
        const other = new Managed("vlan", { ...vlan.inputs, parent: "re9" });
        await expect(other.up()).rejects.toThrow(/vlan\.if: Option \[\] not in list/);
        await other.destroy();
    });

    test("the device is made, and the error says exactly what a person must do once", async () => {
        await expect(vlan.up()).rejects.toThrow(
            "VLAN 50: device vlan0.50 is assigned to no interface. OPNsense has no API for it; on the router, once: " +
                'Interfaces > Assignments, add vlan0.50, open it, tick "Enable interface", IPv4 Configuration Type ' +
                '"Static IPv4", IPv4 address 10.20.50.1/24, Save, Apply changes. Best done once for all VLANs of tenants. Then run it again.',
        );
        const { saved, active } = await router.state();
        const device = await uuidOf(router, "vlan", { tag: "50" });
        expect(saved["vlan"]![device]).toMatchObject({
            if: "re0",
            vlanif: "vlan0.50",
            descr: `${OWNER_PREFIX}grooveiq VLAN`,
        });
        expect(active["vlan"]![device]).toBeDefined();
    });

    test("an interface that is not enabled, or has another address, is told as such", async () => {
        await router.assign("opt8", "vlan0.50", "10.20.50.1/24", { enabled: false });
        await expect(vlan.up()).rejects.toThrow("device vlan0.50 is assigned as opt8, which is not enabled.");
        await router.assign("opt8", "vlan0.50", "10.20.50.254/24");
        await expect(vlan.up()).rejects.toThrow("is assigned as opt8, whose address is 10.20.50.254/24.");
        expect(await vlan.refresh()).toEqual(["gatewayCidr"]);
        expect(vlan.found).toMatchObject({ gatewayCidr: "10.20.50.254/24" });
    });

    test("control: once assigned, it is there, with the interface's identifier for the others", async () => {
        await router.assign("opt8", "vlan0.50", "10.20.50.1/24");
        await vlan.up();
        expect(vlan.props).toMatchObject({ interface: "opt8", created: true });
        expect(await vlan.up()).toBe(false);
    });

    test("its description changed by hand is found and repaired, since the device is ours", async () => {
        const uuid = await uuidOf(router, "vlan", { tag: "50" });
        const changed = { if: "re0", tag: "50", vlanif: "vlan0.50", descr: `${OWNER_PREFIX}grooveiq changed` };
        await router.byHand(`interfaces/vlan_settings/setItem/${uuid}`, { vlan: changed });
        expect(await vlan.refresh()).toEqual(["description"]);
        await router.fail({ method: "POST", path: "/interfaces/vlan_settings/setItem/.*", result: "failed", times: 1 });
        await expect(vlan.up()).rejects.toThrow(/setItem.*: the router refused it/);
        await vlan.up();
        expect((await router.state()).saved["vlan"]![uuid]!["descr"]).toBe(`${OWNER_PREFIX}grooveiq VLAN`);
    });

    test("a destroy leaves the device while it is assigned, and says so", async () => {
        const told = jest.spyOn(console, "error").mockImplementation(() => undefined);
        await vlan.destroy();
        expect(told.mock.calls.flat()).toEqual([
            "warning: VLAN device vlan0.50 stays on the router, since it is assigned as opt8; the next tenant on this VLAN uses it.",
        ]);
        told.mockRestore();
        await uuidOf(router, "vlan", { tag: "50" });
    });

    test("control: a device that is ours and not assigned goes", async () => {
        await vlan.up();
        await router.unassign("opt8");
        await vlan.destroy();
        expect(Object.values((await router.state()).saved["vlan"]!).map(({ tag }) => tag)).not.toContain("50");
    });

    test("a reconfigure that went wrong is made up for by the next up", async () => {
        await router.assign("opt8", "vlan0.50", "10.20.50.1/24");
        await router.fail({
            method: "POST",
            path: "/interfaces/vlan_settings/reconfigure",
            status: 500,
            message: "busy",
            times: 2,
        });
        await expect(vlan.up()).rejects.toThrow(
            /not taken over by the router: POST interfaces\/vlan_settings\/reconfigure: 500 busy/,
        );
        await vlan.up();
        const { saved, active } = await router.state();
        expect(active["vlan"]).toEqual(saved["vlan"]);
        await router.unassign("opt8");
        await vlan.destroy();
    });
});

/** Tests go on where the one before it ended. */
describe("a VLAN that the key's user may assign", () => {
    const BY_HAND =
        "VLAN 50: device vlan0.50 is assigned as opt8, which is not enabled. OPNsense has no API for its address; on the " +
        'router, once: Interfaces > [TENANT50], tick "Enable interface", IPv4 Configuration Type "Static IPv4", IPv4 ' +
        "address 10.20.50.1/24, Save, Apply changes.";
    let router: SimulatedRouter;
    let vlan: ReturnType<typeof tenantOn>["vlan"];
    let found: RouterState;

    beforeAll(async () => {
        router = await startRouter({ assigned: false });
        await router.set({ privileges: [...privileges(), ...morePrivileges()] });
        ({ vlan } = tenantOn(router, "grooveiq", 50));
        found = await router.state();
    });
    afterAll(() => router.stop());

    test("is assigned, and a person is told what is left: its address", async () => {
        await expect(vlan.up()).rejects.toThrow(BY_HAND);
        expect((await router.state()).interfaces["opt8"]).toMatchObject({
            device: "vlan0.50",
            description: "TENANT50",
            enabled: false,
            addr4: "",
            lock: false,
        });
        // And once more, without another interface of the same device.
        await expect(vlan.up()).rejects.toThrow(BY_HAND);
        expect(Object.keys((await router.state()).interfaces)).toEqual(
            [...Object.keys(found.interfaces), "opt8"].sort(),
        );
    });

    test("goes with the device where nobody completed the assignment", async () => {
        await vlan.destroy();
        expect(await router.state()).toEqual(found);
    });

    test("an assignment that a person completed stays, and says so", async () => {
        await expect(vlan.up()).rejects.toThrow(BY_HAND);
        await router.assign("opt8", "vlan0.50", "10.20.50.1/24", { description: "TENANT50" });
        expect(await vlan.up()).toBe(true);
        expect(vlan.props).toMatchObject({ interface: "opt8" });
        expect(await vlan.up()).toBe(false);
        const told = jest.spyOn(console, "error").mockImplementation(() => undefined);
        await vlan.destroy();
        expect(told.mock.calls.flat().join()).toContain("VLAN device vlan0.50 stays on the router");
        told.mockRestore();
        expect((await router.state()).interfaces["opt8"]).toMatchObject({ addr4: "10.20.50.1/24" });
    });

    test("control: on a version that has no API for it the whole step is told", async () => {
        await router.unassign("opt8");
        await router.fail({ method: "POST", path: "/interfaces/assignment/addItem", status: 404, times: 1 });
        await expect(vlan.up()).rejects.toThrow(
            "VLAN 50: device vlan0.50 is assigned to no interface. OPNsense has no API for it; on the router, once: " +
                "Interfaces > Assignments, add vlan0.50, open it, tick",
        );
        expect(await router.state()).toMatchObject({ interfaces: found.interfaces });
    });
});

describe("a VLAN on a router after the one-time step", () => {
    let router: SimulatedRouter;

    beforeAll(async () => {
        router = await startRouter();
    });
    afterAll(() => router.stop());

    test("the device that is there is used as it is, whatever its description, and stays", async () => {
        const before = await router.state();
        const { vlan } = tenantOn(router, "grooveiq", 50);
        await vlan.up();
        expect(vlan.props).toMatchObject({ interface: "opt8", created: false });
        const uuid = await uuidOf(router, "vlan", { tag: "50" });
        const changed = { if: "re0", tag: "50", vlanif: "vlan0.50", descr: "changed" };
        await router.byHand(`interfaces/vlan_settings/setItem/${uuid}`, { vlan: changed });
        expect(await vlan.refresh()).toEqual([]);
        await router.byHand(`interfaces/vlan_settings/setItem/${uuid}`, {
            vlan: { ...changed, descr: "tenant segment" },
        });
        await vlan.destroy();
        await router.byHand("interfaces/vlan_settings/reconfigure");
        expect(await router.state()).toEqual(before);
        expect((await router.audit()).filter(({ user }) => user === "deevnet")).toEqual([]);
    });

    test("an interface taken away by hand is found, and the next up says how to bring it back", async () => {
        const { vlan } = tenantOn(router, "vintronics", 51);
        await vlan.up();
        await router.unassign("opt9");
        expect(await vlan.refresh()).toEqual(["gatewayCidr"]);
        await expect(vlan.up()).rejects.toThrow("VLAN 51: device vlan0.51 is assigned to no interface.");
        await router.assign("opt9", "vlan0.51", "10.20.51.1/24");
        expect(await vlan.refresh()).toEqual([]);
    });
});
