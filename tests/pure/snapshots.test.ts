import { RunSnapshots, chosenSnapshot } from "../../commands/shared/snapshots";
import { dueOf, rotateAll } from "../../commands/shared/rotation";
import { othersText } from "../../report/drift";
import { linesOf } from "../../report/holdings";
import { grantsOf } from "../../substrate/role";
import {
    beyond,
    isOwn,
    movesDisks,
    newestOwn,
    restartingChanges,
    snapshotDescription,
    snapshotName,
    type Snapshot,
} from "../../substrate/snapshots";
import { removeProjects, SMALL_GUEST, smallTenant } from "../fixtures";
import { faultsOf, RECORDED, substrateOf } from "./checkedNode";

afterAll(removeProjects);

const NOW = new Date("2026-11-29T23:00:00Z");
const HOUR = 3_600_000;
const DESCRIPTION = snapshotDescription("dvntm", ["memory"]);

/** A snapshot that a run took so many hours ago. */
function own(hours: number, more: Partial<Snapshot> = {}): Snapshot {
    const at = new Date(NOW.getTime() - hours * HOUR);
    return { name: snapshotName(at), at, description: DESCRIPTION, withMemory: false, ...more };
}

const others: readonly Snapshot[] = [
    own(9000, { name: "before-upgrade" }),
    own(9000, { description: "mine" }),
    own(9000, { name: "tenants-of-mine" }),
    own(9000, { description: "" }),
];

describe("whose a snapshot is", () => {
    test("a run's has its name, in UTC, and its description, which names stack and change", () => {
        expect(snapshotName(new Date("2026-11-29T23:00:00.5Z"))).toBe("tenants-20261129T230000");
        // PVE's own bounds of a name (pve-snapshot-name of pve-guest-common).
        expect(snapshotName(NOW)).toMatch(/^[a-z][\w-]{1,39}$/);
        expect(DESCRIPTION).toBe("tenant-hypervisors: dvntm, before a change of memory");
        expect(isOwn(own(1))).toBe(true);
    });

    test("neither the name nor the description alone makes it one", () => {
        expect(others.map(isOwn)).toEqual([false, false, false, false]);
    });

    test("a rollback takes the newest own one that is whole, or any whole one by its name", () => {
        const torn = own(1, { state: "prepare" });
        const all = [own(9), own(3), torn, ...others];
        const vm = substrateOf(smallTenant("grooveiq", 50)).tenants[0]!.vms[0]!;
        const on = { vm, hypervisor: substrateOf(smallTenant("grooveiq", 50)).hypervisors[0]!, snapshots: all };
        expect(newestOwn(all)).toBe(all[1]);
        expect(chosenSnapshot(on, undefined)).toBe(all[1]);
        expect(chosenSnapshot(on, "before-upgrade").name).toBe("before-upgrade");
        expect(() => chosenSnapshot(on, torn.name)).toThrow(/has no whole snapshot tenants-/);
        expect(() => chosenSnapshot({ ...on, snapshots: [...others] }, undefined)).toThrow(
            /no snapshot that a run took: its node has before-upgrade \(not a run's\)/,
        );
    });
});

describe("pruning", () => {
    const gone = (all: readonly Snapshot[], last: number, age: string, now = NOW) =>
        beyond(all, { last, age }, now).map(({ name }) => name);

    test("by number takes the oldest", () => {
        const all = [own(1), own(4), own(2), own(3)];
        expect(gone(all, 2, "7d")).toEqual([own(4).name, own(3).name]);
        expect(gone(all, 4, "7d")).toEqual([]);
    });

    test("by age takes what is older, to the second, in hours whatever clocks do", () => {
        expect(gone([own(24)], 9, "1d")).toEqual([]);
        expect(gone([own(24)], 9, "1d", new Date(NOW.getTime() + 1))).toEqual([own(24).name]);
        expect(gone([own(13), own(11)], 9, "12h")).toEqual([own(13).name]);
        // The night in which Europe's clocks go back has 25 hours; an age counts 24.
        const night = new Date("2026-10-25T12:00:00Z");
        const taken = { ...own(0), at: new Date("2026-10-24T11:59:59Z") };
        expect(gone([taken], 9, "1d", night)).toEqual([taken.name]);
    });

    test("never takes one of others, however many and old; one that was left half made goes as another does", () => {
        expect(gone([...others, own(1)], 1, "1h")).toEqual([]);
        expect(gone([...others, own(2), own(1)], 1, "7d")).toEqual([own(2).name]);
        expect(gone([own(9, { state: "prepare" })], 9, "1h")).toEqual([own(9).name]);
    });

    test("takes all own ones where the file asks for none any more", () => {
        expect(beyond([...others, own(1), own(2)], undefined, NOW).map(({ name }) => name)).toEqual([
            own(2).name,
            own(1).name,
        ]);
    });
});

describe("which changes a snapshot is for", () => {
    const before = {
        memory: { dedicated: 4096, floating: 0, __defaults: [] },
        cpu: { cores: 2 },
        agent: { enabled: true, timeout: "60s" },
        disks: [{ interface: "scsi0", datastoreId: "local-lvm", size: 32 }],
        tags: ["tenant"],
        description: "",
        networkDevices: [{ vlanId: 50 }],
        protection: false,
    };

    test.each<[string, object, string[]]>([
        ["memory", { memory: { dedicated: 2048, floating: 0 } }, ["memory"]],
        ["cores and cloud-init", { cpu: { cores: 4 }, initialization: { dns: {} } }, ["cpu", "initialization"]],
        ["the agent", { agent: { enabled: false, timeout: "60s" } }, ["agent"]],
        ["a disk's options", { disks: [{ ...before.disks[0], cache: "writeback" }] }, ["disks"]],
        ["a further disk", { disks: [...before.disks, { interface: "scsi1", size: 1 }] }, ["disks"]],
        ["its order of keys", { memory: { floating: 0, dedicated: 4096 } }, []],
        ["a larger disk", { disks: [{ ...before.disks[0], size: 64 }] }, []],
        ["how long its agent is waited for", { agent: { enabled: true, timeout: "90s" } }, []],
        [
            "what reaches a running VM",
            { tags: ["a"], description: "b", networkDevices: [{ vlanId: 51 }], protection: true, onBoot: false },
            [],
        ],
    ])("%s", (_, change, expected) => {
        expect(restartingChanges(before, { ...before, ...change })).toEqual(expected);
    });

    test("a disk that moves can have none, and is told apart from others", () => {
        const moved = { disks: [{ ...before.disks[0], datastoreId: "fast" }] };
        const further = { disks: [...before.disks, { interface: "scsi1", datastoreId: "fast", size: 1 }] };
        expect([movesDisks(before, moved), movesDisks(before, before), movesDisks(before, further)]).toEqual([
            true,
            false,
            false,
        ]);
    });
});

describe("a file's snapshot", () => {
    const ONE = smallTenant("grooveiq", 50);
    const ruleIn = (text: string) => substrateOf(text).tenants[0]!.vms.map(({ snapshot }) => snapshot);

    test("of a tenant holds for its VMs, but for one that says otherwise; the bounds have defaults", () => {
        const more =
            "  - name: db-vm01\n    instance: 2\n    snapshot: never\n  - name: c-vm01\n    instance: 3\n    snapshotKeep: {age: 2w}\n";
        expect(ruleIn(ONE)).toEqual([undefined]);
        expect(ruleIn(`${ONE}${more}snapshot: before-change\nsnapshotKeep: {last: 5}\n`)).toEqual([
            { last: 5, age: "7d" },
            undefined,
            { last: 3, age: "2w" },
        ]);
        expect(ruleIn(`${ONE}    snapshot: before-change\n`)).toEqual([{ last: 3, age: "7d" }]);
    });

    test("asks for one privilege on the pools alone, and without it nobody does", () => {
        const asked = (text: string) =>
            grantsOf(substrateOf(text), substrateOf(text).hypervisors[0]!).flatMap(({ path, privileges }) =>
                privileges.map((name) => `${name} ${path}`),
            );
        const plain = asked(ONE);
        expect(asked(`${ONE}snapshot: before-change\n`).filter((one) => !plain.includes(one))).toEqual([
            "VM.Snapshot /pool",
        ]);
        expect(plain.filter((one) => one.includes("Snapshot"))).toEqual([]);
    });
});

describe("before anything is touched", () => {
    const vm = "    snapshot: before-change\n";
    const there = { guests: [SMALL_GUEST], recorded: RECORDED };
    const configs = new Map([
        [
            5001,
            {
                scsi0: "local-lvm:vm-5001-disk-0,size=32G",
                ide2: "local-lvm:vm-5001-cloudinit,media=cdrom",
                ide3: "none,media=cdrom",
            },
        ],
    ]);
    const cannot = { snapshotable: new Map([[5001, false]]), configs };
    const WORDS =
        /vms\[0\]\.snapshot: VM 5001 on hv02 can have none: scsi0 on local-lvm\. PVE takes a snapshot only where/;

    test("a VM whose disks can have none is refused, and names them", () => {
        expect(faultsOf({ ...there, ...cannot, vm })).toEqual([expect.stringMatching(WORDS)]);
        // The controls: one that can, and one whose file asks for none.
        expect(faultsOf({ ...there, configs, snapshotable: new Map([[5001, true]]), vm })).toEqual([]);
        expect(faultsOf({ ...there, ...cannot })).toEqual([]);
        // One that this run moves away may have some then.
        const lay = { component: "grooveiq-api-vm01", node: "pve2", datastores: { scsi0: "thick" } };
        const recorded = { ...RECORDED, vms: new Map([[5001, lay]]) };
        expect(faultsOf({ ...there, ...cannot, recorded, vm })).toEqual([]);
    });

    test("so is a new one on a storage that has none", () => {
        const on = (type: string) => [{ storage: "local-lvm", type, content: "images" }];
        expect(faultsOf({ vm, storages: on("lvm") })).toEqual([
            expect.stringMatching(/VM 5001 on hv02 could have none: scsi0 on local-lvm \(lvm\)/),
        ]);
        expect(faultsOf({ vm, storages: on("lvmthin") })).toEqual([]);
        expect(faultsOf({ storages: on("lvm") })).toEqual([]);
    });

    test("a rebuild, which deletes its snapshots, needs a place for its backup", () => {
        const rebuild = "    rebuild: anew\n";
        expect(faultsOf({ ...there, vm: `${vm}${rebuild}` })).toEqual([
            expect.stringMatching(
                /vms\[0\]\.rebuild: a new word deletes the VM with its snapshots.*hypervisors\.hv02\.backup/,
            ),
        ]);
        expect(faultsOf({ ...there, vm: rebuild })).toEqual([]);
    });
});

test("a rotation keeps the VMs whose file asks for snapshots, and no other", async () => {
    const text = `${smallTenant("grooveiq", 50)}    snapshot: before-change\n  - name: db-vm01\n    instance: 2\n`;
    const vms = substrateOf(text).tenants[0]!.vms;
    const [newest, from] = [
        { vmid: 103, name: "fedora-1.10" },
        { vmid: 101, name: "fedora-1.9" },
    ];
    const kept: string[] = [];
    const nothing = () => Promise.resolve(undefined);
    await rotateAll([], dueOf(vms.map((vm) => ({ vm, newest, from, stands: "older" as const }))), 2, {
        ...{ rebuild: nothing, gate: nothing },
        keeping: {
            keeps: ({ snapshot }) => snapshot !== undefined,
            backUp: ({ vm }) => (kept.push(vm.name), nothing()),
            putBack: nothing,
        },
    });
    expect(kept).toEqual(["api-vm01"]);
});

test("a run of files without snapshot asks no node", async () => {
    const substrate = substrateOf(smallTenant("grooveiq", 50));
    process.env["PROXMOX_VE_API_TOKEN"] = "deevnet@pve!pulumi=00000000-0000-0000-0000-000000000000";
    const snapshots = await RunSnapshots.begin(substrate);
    expect(await snapshots.end(true)).toEqual([]);
    // The control: with one it asks, and this node does not answer.
    const asking = substrateOf(`${smallTenant("grooveiq", 50)}    snapshot: before-change\n`);
    await expect(RunSnapshots.begin(asking)).rejects.toThrow(/cannot be asked/);
});

describe("others' snapshots", () => {
    const one = { tenant: "grooveiq", vm: "api-vm01", vmid: 5001, name: "by-hand", at: "2026-11-28T02:30:00.000Z" };

    test("are named behind drift, as none", () => {
        expect(othersText([])).toBe("");
        expect(othersText([one])).toBe(
            "\nno drift: snapshots that no run took, and none removes:\n  grooveiq/api-vm01: by-hand, of 2026-11-28",
        );
    });

    test("are named where their VM goes", () => {
        const vm = { vmid: 5001, component: "grooveiq-api-vm01", name: "api-vm01", node: "pve2", protection: false };
        const disks = [{ name: "scsi0", sizeGiB: 32 }];
        const holdings = { tenant: "grooveiq", resources: [], jobs: [], vlans: [] };
        const site = substrateOf(smallTenant("grooveiq", 50));
        const line = (othersSnapshots?: string[]) =>
            linesOf(site, { ...holdings, vms: [{ ...vm, disks, ...(othersSnapshots && { othersSnapshots }) }] });
        expect(line()).toEqual(["node pve2: VM 5001 api-vm01 (scsi0 32GiB)"]);
        expect(line(["by-hand"])).toEqual([
            "node pve2: VM 5001 api-vm01 (scsi0 32GiB; 1 snapshot that no run took: by-hand)",
        ]);
    });
});
