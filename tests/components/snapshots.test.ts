import { backUpBefore, ruleFor, snapshotBefore } from "../../components/snapshots";
import type { Snapshot } from "../../substrate/snapshots";
import { removeProjects, SMALL_GUEST, smallTenant } from "../fixtures";
import { BEFORE, declared, substrateOf } from "./declared";
import { record } from "./recorder";

const mockCalls: string[] = [];
let mockFails = false;
let mockSnapshots: Snapshot[] = [];
jest.mock("../../node/client", () => ({ NodeError: Error, connect: () => ({ close: () => undefined }) }));
jest.mock("../../node/start", () => ({ isWalled: () => true, startWalled: () => Promise.resolve() }));
jest.mock("../../node/backup", () => ({
    backUpVm: (_: unknown, { vmid }: { vmid: number }, { storage }: { storage: string }) => {
        mockCalls.push(`backup ${vmid} ${storage}`);
        return mockFails ? Promise.reject(new Error("no space left")) : Promise.resolve();
    },
}));
jest.mock("../../node/snapshots", () => ({
    onNode: ({ vmid }: { vmid: number }, { node }: { node: string }) => ({ vmid, node }),
    takeSnapshot: (_: unknown, { vmid }: { vmid: number }, stack: string, changes: string[]) => {
        mockCalls.push(`take ${vmid} ${stack} ${changes.join()}`);
        return mockFails ? Promise.reject(new Error("no space left")) : Promise.resolve("tenants-20261129T230000");
    },
    pruneSnapshots: () => {
        mockCalls.push("prune");
        return Promise.resolve(mockSnapshots);
    },
}));

afterAll(removeProjects);
beforeEach(() => {
    mockCalls.length = 0;
    mockFails = false;
    mockSnapshots = [];
});

const HOOKED = "    reboot: when-needed\n    snapshot: before-change\n";
const backedUp = (more: string) => substrateOf({ grooveiq: `${smallTenant("grooveiq", 50)}${more}` });

function vmOf(more: string) {
    const substrate = backedUp(more);
    return { vm: substrate.tenants[0]!.vms[0]!, hypervisor: substrate.hypervisors[0]! };
}

describe("the hook before a VM's update", () => {
    test("is there only where the file asks for it and a run may restart the VM", () => {
        const rules = [HOOKED, "    snapshot: before-change\n", "    reboot: when-needed\n"].map((more) =>
            ruleFor(vmOf(more).vm),
        );
        expect(rules).toEqual([{ last: 3, age: "7d" }, undefined, undefined]);
    });

    const change = (memory: number, disk = "local-lvm") => ({
        memory: { dedicated: memory },
        disks: [{ interface: "scsi0", datastoreId: disk }],
    });
    const update = (newInputs: object) => {
        const { vm, hypervisor } = vmOf(HOOKED);
        const at = { hypervisor, stack: "dvntm" };
        return snapshotBefore(vm, vm.snapshot!, at, { oldInputs: change(4096), newInputs });
    };

    test("takes one and removes older ones for what restarts the VM, and none for what does not", async () => {
        await record();
        await update(change(2048));
        expect(mockCalls).toEqual(["take 5001 dvntm memory", "prune"]);
        mockCalls.length = 0;
        await update({ ...change(4096), description: "another" });
        expect(mockCalls).toEqual([]);
    });

    test("takes none where a disk moves, which PVE would refuse then", async () => {
        await record();
        await update(change(2048, "fast"));
        expect(mockCalls).toEqual([]);
    });

    test("fails the update where it cannot be taken, before anything is changed", async () => {
        await record();
        mockFails = true;
        await expect(update(change(2048))).rejects.toThrow(
            "grooveiq/api-vm01 is as it was, since no snapshot of it could be taken: no space left",
        );
        expect(mockCalls).toEqual(["take 5001 dvntm memory"]);
    });
});

describe("before a rebuild", () => {
    const rebuilt = (more: string, rotation?: string, preview = false) => {
        const substrate = backedUp(`    rebuild: twice\n${more}`);
        const tenants = substrate.tenants.map((tenant) => ({
            ...tenant,
            vms: tenant.vms.map((vm) => ({ ...vm, ...(rotation !== undefined && { rotation }) })),
        }));
        const hypervisors = substrate.hypervisors.map((one) => ({ ...one, backup: "local" }));
        return declared({ ...substrate, tenants, hypervisors }, [SMALL_GUEST], BEFORE, {}, preview);
    };

    test("a VM with snapshots is backed up, in a run alone; a rotation does so itself, and one without is not", async () => {
        await rebuilt("    snapshot: before-change\n");
        expect(mockCalls).toEqual(["backup 5001 local"]);
        mockCalls.length = 0;
        await rebuilt("    snapshot: before-change\n", undefined, true);
        await rebuilt("    snapshot: before-change\n", "20261129T230000Z");
        await rebuilt("");
        expect(mockCalls).toEqual([]);
    });

    test("one whose backup fails is not deleted", async () => {
        await record();
        mockFails = true;
        const { vm, hypervisor } = vmOf(HOOKED);
        await expect(backUpBefore(vm, { ...hypervisor, backup: "local" })).rejects.toThrow("no space left");
    });
});
