import { removeProjects, SMALL_GUEST, smallTenant } from "../fixtures";
import type * as nodeStart from "../../node/start";
import { BEFORE, declared, named, substrateOf } from "./declared";
import { lastRegistered, type Registered } from "./recorder";

/** VMs that the run starts, each with what was registered by then; the node itself is no part of these tests. */
const mockStarts: { vmid: number; after: string[] }[] = [];
const mockRegistered = lastRegistered;
// A slow machine asks how far a clone is meanwhile, which the mock answers with an error that the run passes over.
jest.mock("../../node/client", () => ({ NodeError: Error, connect: () => ({ close: () => undefined }) }));
jest.mock("../../node/start", () => ({
    isWalled: jest.requireActual<typeof nodeStart>("../../node/start").isWalled,
    startWalled: async (_: unknown, __: unknown, { vmid }: { vmid: number }) => {
        mockStarts.push({ vmid, after: mockRegistered().map(({ name }) => name) });
        return Promise.resolve();
    },
}));

afterAll(removeProjects);
beforeEach(() => (mockStarts.length = 0));

const ONE = { grooveiq: smallTenant("grooveiq", 50) };
const FIXED = { grooveiq: `${smallTenant("grooveiq", 50)}    address: fixed\n` };

test("a guest that a run may restart is waited for three minutes; no other is waited for, and its provider's default stays", async () => {
    const text = `${smallTenant("grooveiq", 50)}    reboot: when-needed\n`;
    const timeouts = async (tenants: Record<string, string>) => {
        const inputs = named((await declared(substrateOf(tenants))).registered, "grooveiq-api-vm01-vm");
        return [inputs["timeoutShutdownVm"], inputs["timeoutReboot"]];
    };
    expect(await timeouts({ grooveiq: text })).toEqual([180, 180]);
    expect(await timeouts(ONE)).toEqual([undefined, undefined]);
});

describe("no VM runs without its firewall", () => {
    const walls = ["grooveiq-api-vm01-vm", "grooveiq-api-vm01-firewall", "grooveiq-api-vm01-rules"];
    const stopped = { ...SMALL_GUEST, status: "stopped" };
    const options = { enable: 1, policy_in: "DROP" };
    const isStarted = (registered: readonly Registered[]) => named(registered, "grooveiq-api-vm01-vm")["started"];

    test("one that is made is started by the run, after all of its firewall", async () => {
        const { registered } = await declared(substrateOf(ONE));
        await starts(1);
        expect(isStarted(registered)).toBe(false);
        expect(mockStarts.map(({ vmid }) => vmid)).toEqual([5001]);
        expect(mockStarts[0]!.after).toEqual(expect.arrayContaining(walls));
    });

    test("with a fixed address, after its address filter as well", async () => {
        await declared(substrateOf(FIXED));
        await starts(1);
        expect(mockStarts[0]!.after).toEqual(expect.arrayContaining([...walls, "grooveiq-api-vm01-ipfilter"]));
    });

    test("one that is made anew, too", async () => {
        const rebuilt = { grooveiq: `${smallTenant("grooveiq", 50)}    rebuild: twice\n` };
        const { registered } = await declared(substrateOf(rebuilt), [SMALL_GUEST], BEFORE);
        await starts(1);
        expect(isStarted(registered)).toBe(false);
    });

    test.each([
        ["none", {}],
        ["one that is off", { ...options, enable: 0 }],
        ["one that lets all in", { ...options, policy_in: "ACCEPT" }],
    ])("one that a run left stopped with a firewall that is %s: by the run", async (_, firewall) => {
        const firewalls = new Map([[5001, firewall]]);
        const { registered } = await declared(substrateOf(ONE), [stopped], BEFORE, { firewalls });
        await starts(1);
        expect(isStarted(registered)).toBe(false);
    });

    test("control: one that was stopped and has its firewall is the provider's to start, and one that runs stays so", async () => {
        const firewalls = new Map([[5001, options]]);
        for (const guest of [stopped, SMALL_GUEST]) {
            const { registered } = await declared(substrateOf(ONE), [guest], BEFORE, { firewalls });
            expect(isStarted(registered)).toBe(true);
            await new Promise((resolve) => setTimeout(resolve, 20));
            expect(mockStarts).toEqual([]);
        }
    });

    /** Waits until so many were started. */
    async function starts(wanted: number): Promise<void> {
        while (mockStarts.length < wanted) {
            await new Promise((resolve) => setTimeout(resolve, 2));
        }
    }
});
