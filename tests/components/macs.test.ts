import { removeProjects, SMALL_GUEST, smallTenant, STACK } from "../fixtures";
import { BEFORE, declared, macIn, substrateOf } from "./declared";
import type { Registered } from "./recorder";

// A slow machine asks how far a clone is meanwhile, which the mock answers with an error that the run passes over.
jest.mock("../../node/client", () => ({ NodeError: Error, connect: () => ({ close: () => undefined }) }));
jest.mock("../../node/start", () => ({ isWalled: () => true, startWalled: () => Promise.resolve() }));

afterAll(removeProjects);

const ONE = { grooveiq: smallTenant("grooveiq", 50) };
/** An unknown value, as the mocks are given it. */
const UNKNOWN = { __pulumiUnknown: true };
const DRAWN = expect.stringMatching(/^BC:24:11(:[0-9A-F]{2}){3}$/) as string;

test("a new VM has a MAC of PVE's range before it is made, another one each time, and a preview knows none", async () => {
    const drawn = async () => macIn((await declared(substrateOf(ONE))).registered);
    const all = [await drawn(), await drawn()];
    expect(all).toEqual([DRAWN, DRAWN]);
    expect(all[0]).not.toBe(all[1]);
    const { registered } = await declared(substrateOf(ONE), [], undefined, {}, true);
    expect(macIn(registered)).toEqual(UNKNOWN);
});

const API = `${STACK}  tenant-hypervisors:coreRouter: {mode: api, endpoint: https://core-rt02.dvntm.deevnet.net/}\n`;

test("a new VM's reservation and name are declared with it; of one that an earlier release made neither", async () => {
    const onRouter = (registered: readonly Registered[]) =>
        registered.filter(({ name }) => /-(dhcp|names)$/.test(name)).map(({ inputs }) => inputs);
    const { registered } = await declared(substrateOf(ONE, API));
    const mac = String(macIn(registered)).toLowerCase();
    expect(onRouter(registered)).toEqual([
        expect.objectContaining({
            hosts: [expect.objectContaining({ hostname: "api-vm01", address: "10.20.50.200" })],
        }),
        expect.objectContaining({ reservations: [expect.objectContaining({ mac, address: "10.20.50.200" })] }),
    ]);
    const before = await declared(substrateOf(ONE, API), [SMALL_GUEST], BEFORE);
    expect(onRouter(before.registered)).toEqual([expect.objectContaining({ reservations: [] })]);
    expect(before.vms[0]).not.toHaveProperty("reserved");
    const history = new Map([["grooveiq-api-vm01", { generation: 2, rebuild: "once", reserved: true as const }]]);
    const made = await declared(substrateOf(ONE, API), [SMALL_GUEST], { ...BEFORE, history });
    expect(made.vms[0]).toMatchObject({ reserved: "10.20.50.200" });
    // A preview knows what is reserved, but not for which MAC.
    const preview = await declared(substrateOf(ONE, API), [], undefined, {}, true);
    expect(onRouter(preview.registered)[0]).toHaveProperty("hosts");
    expect(onRouter(preview.registered)[1]!["reservations"]).toEqual(UNKNOWN);
});

test("a VM keeps the MAC that PVE picked, in the node's own case, after it was deleted by hand too", async () => {
    expect(macIn((await declared(substrateOf(ONE), [], BEFORE)).registered)).toBe("BC:24:11:00:50:01");
    const lower = { ...BEFORE, vms: new Map([[5001, { ...BEFORE.vms.get(5001)!, mac: "bc:24:11:00:50:01" }]]) };
    expect(macIn((await declared(substrateOf(ONE), [SMALL_GUEST], lower)).registered)).toBe("bc:24:11:00:50:01");
});

test("a MAC that was changed by hand is declared as it was", async () => {
    const changed = { ...BEFORE, vms: new Map([[5001, { ...BEFORE.vms.get(5001)!, mac: "BC:24:11:FF:FF:FF" }]]) };
    const { registered } = await declared(substrateOf(ONE), [SMALL_GUEST], changed);
    expect(macIn(registered)).toBe("BC:24:11:00:50:01");
});
