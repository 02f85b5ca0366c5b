import type { Deployment, StateResource } from "../../state/deployment";
import { repairState } from "../../state/repair";

const PREFIX = "urn:pulumi:dvntm::tenant-hypervisors::deevnet:tenant:Tenant$";
const VM_TYPE = "proxmoxve:index/vmLegacy:VmLegacy";

function vm(inputs: Record<string, unknown>, more: Partial<StateResource> = {}): StateResource {
    return {
        urn: `${PREFIX}${VM_TYPE}::grooveiq-api-vm01-vm`,
        type: VM_TYPE,
        inputs: { vmId: 5001, ...inputs },
        ...more,
    };
}

const POOL: StateResource = {
    urn: `${PREFIX}proxmoxve:index/poolLegacy:PoolLegacy::grooveiq-network-pool`,
    type: "proxmoxve:index/poolLegacy:PoolLegacy",
    inputs: { poolId: "grooveiq" },
};

function interrupted(resource: StateResource, type = "creating"): Deployment {
    return { resources: [], pending_operations: [{ type, resource }] };
}

const NOW = "2026-11-25T22:31:26.047Z";

const there = () => Promise.resolve(true);
const notThere = () => Promise.resolve(false);

test("a state that nothing interrupted stays as it is", async () => {
    const deployment: Deployment = {
        resources: [vm({}, { id: "5001", outputs: { disks: [{ interface: "scsi0" }] } })],
    };
    expect(await repairState(deployment, there)).toEqual({ deployment, notes: [] });
});

test.each([
    ["a VM", vm({ name: "api-vm01" }), "5001"],
    ["a pool", POOL, "grooveiq"],
    ["an ipset", { ...POOL, type: "proxmoxve:firewall/ipsetLegacy:IpsetLegacy", inputs: { name: "a" } }, "a"],
])("%s that was made is in the state, with its ID", async (_, resource, id) => {
    const { deployment, notes } = await repairState(interrupted(resource), there, NOW);
    expect(deployment).toEqual({
        resources: [{ ...resource, id, outputs: { ...resource.inputs, id }, created: NOW }],
        pending_operations: [],
    });
    expect(notes).toEqual([expect.stringMatching(/it was made before the run was interrupted; the state has it now/)]);
});

test("what was not made is forgotten", async () => {
    const { deployment, notes } = await repairState(interrupted(vm({})), notThere);
    expect(deployment).toEqual({ resources: [], pending_operations: [] });
    expect(notes).toEqual([expect.stringMatching(/it was not made .*; the next up makes it/)]);
});

/** A rebuild that was interrupted: its VM and the VM's ipset are deleted, and what depends on them is still there. */
function rebuilding(): readonly [machine: StateResource, ipset: StateResource, options: StateResource] {
    const machine = vm({ name: "api-vm01" }, { id: "5001", pendingReplacement: true });
    const type = "proxmoxve:firewall/ipsetLegacy:IpsetLegacy";
    const ipset = { urn: `${PREFIX}${type}::ipfilter`, type, id: "ipfilter-net0", pendingReplacement: true };
    const dependencies = [machine.urn, ipset.urn];
    return [machine, ipset, { ...POOL, dependencies, propertyDependencies: { vmId: dependencies } }];
}

test("a VM that was made anew is in the state, in the place of the one before; what went with it is forgotten", async () => {
    const [machine, ipset, options] = rebuilding();
    const creation = vm({ name: "api-vm01" });
    const state = {
        resources: [machine, ipset, options],
        pending_operations: [{ type: "creating", resource: creation }],
    };
    const { deployment, notes } = await repairState(state, there, NOW);
    expect(deployment).toEqual({
        resources: [
            { ...creation, id: "5001", outputs: { ...creation.inputs, id: "5001" }, created: NOW },
            { ...options, dependencies: [machine.urn], propertyDependencies: { vmId: [machine.urn] } },
        ],
        pending_operations: [],
    });
    expect(notes).toEqual([
        expect.stringMatching(/-vm: it was made before the run was interrupted/),
        "ipfilter: it went with the VM that was made anew; the next up makes it",
    ]);
});

test("a VM that was not made anew stays as the one that is to be made", async () => {
    const [machine, ipset, options] = rebuilding();
    const state = {
        resources: [machine, ipset, options],
        pending_operations: [{ type: "creating", resource: vm({}) }],
    };
    const { deployment } = await repairState(state, notThere);
    expect(deployment.resources?.map(({ urn }) => urn)).toEqual([machine.urn, options.urn]);
    expect(deployment.resources?.[0]).toEqual(machine);
    expect(deployment.pending_operations).toEqual([]);
});

test("firewall options that are older than their VM are forgotten: PVE dropped them with the one before", async () => {
    const type = "proxmoxve:firewall/optionsLegacy:OptionsLegacy";
    const machine = vm({}, { id: "5001", created: "2026-11-25T22:31:26.5Z" });
    const optionsAt = (created: string): StateResource => ({
        urn: `${PREFIX}${type}::options`,
        type,
        inputs: { vmId: 5001 },
        created,
    });
    const older = await repairState({ resources: [machine, optionsAt("2026-11-25T22:31:25.999999999Z")] }, there);
    expect(older.deployment.resources).toEqual([machine]);
    expect(older.notes).toHaveLength(1);
    const deployment = { resources: [machine, optionsAt("2026-11-25T22:31:26.512Z")] };
    expect(await repairState(deployment, there)).toEqual({ deployment, notes: [] });
});

test("what a second creation only writes again is made again, there or not", async () => {
    const options = { ...POOL, type: "proxmoxve:firewall/optionsLegacy:OptionsLegacy" };
    const { deployment } = await repairState(interrupted(options), there);
    expect(deployment.resources).toEqual([]);
});

test.each(["updating", "deleting"])("an operation that was %s is the next run's to settle", async (type) => {
    const deployment = interrupted(vm({}), type);
    expect(await repairState(deployment, there)).toEqual({ deployment, notes: [] });
});

test("a disk without a name gets the one that the VM was declared with", async () => {
    const component: StateResource = {
        urn: `${PREFIX}deevnet:tenant:TenantVm::grooveiq-api-vm01`,
        type: "deevnet:tenant:TenantVm",
        outputs: { extraDisks: ["scsi7"] },
    };
    const broken = vm(
        { disks: [{ interface: "scsi0", size: 32 }, { size: 2 }] },
        { id: "5001", outputs: { disks: [{ interface: "scsi0", size: 32 }, null] } },
    );
    const { deployment, notes } = await repairState({ resources: [component, broken] }, there);
    const mended = deployment.resources![1]!;
    expect(mended.inputs!["disks"]).toEqual([
        { interface: "scsi0", size: 32 },
        { interface: "scsi7", size: 2 },
    ]);
    expect(mended.outputs!["disks"]).toEqual([{ interface: "scsi0", size: 32 }, { interface: "scsi7" }]);
    expect(notes).toHaveLength(1);
    expect(broken.outputs!["disks"]).toEqual([{ interface: "scsi0", size: 32 }, null]);
});

describe("what the node says and no refresh reads", () => {
    const machine = vm({ protection: false }, { id: "5001", outputs: { nodeName: "pve2", protection: false } });
    const options: StateResource = {
        urn: `${PREFIX}x::grooveiq-api-vm01-firewall`,
        type: "proxmoxve:firewall/optionsLegacy:OptionsLegacy",
        inputs: { vmId: 5001 },
    };
    const state: Deployment = { resources: [machine, options] };
    const none: ReadonlySet<string> = new Set();
    const it5001: ReadonlySet<string> = new Set(["5001"]);

    test("a VM that PVE protects is protected in the state, whose inputs stay: the next up lifts it", async () => {
        const { deployment, notes } = await repairState(state, there, NOW, { guarded: it5001, unwalled: none });
        expect(deployment.resources).toEqual([
            { ...machine, outputs: { nodeName: "pve2", protection: true } },
            options,
        ]);
        expect(notes).toEqual([
            "grooveiq-api-vm01-vm: PVE protects VM 5001, which the state did not know; the next up lifts it",
        ]);
    });

    test("a firewall that is gone from a stopped VM is forgotten", async () => {
        const { deployment, notes } = await repairState(state, there, NOW, { guarded: none, unwalled: it5001 });
        expect(deployment.resources).toEqual([machine]);
        expect(notes).toEqual(["grooveiq-api-vm01-firewall: it is gone from the node; the next up makes it"]);
    });

    test("control: a node that says the same changes nothing", async () => {
        const { deployment, notes } = await repairState(state, there, NOW, { guarded: none, unwalled: none });
        expect([deployment, notes]).toEqual([state, []]);
    });
});
