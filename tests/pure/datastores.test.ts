import { formatFault } from "../../definitions/faults";
import { checkNode } from "../../node/checkNode";
import type { Guest, Inventory, Storage } from "../../node/inventory";
import { NOTHING_RECORDED, movesDisk, type Recorded } from "../../state/recorded";
import { sharesOf } from "../../substrate/capacity";
import { placesOf } from "../../substrate/datastores";
import { loadSubstrate } from "../../substrate/load";
import { inventoryOf, project, removeProjects, SMALL_GUEST, smallTenant, STACK, templateGuest } from "../fixtures";
import { FILE, RECORDED, TEMPLATE } from "./checkedNode";
import { nodeDrift } from "../../node/drift";
import { rowsOf } from "../../report/drift";
import { api, findings, OWN, step, substrate as plain, VM } from "./nodeSteps";

afterAll(removeProjects);

const FAST = "    datastore: fast\n    disks: [{slot: 1, size: 100GiB, datastore: bulk}, {slot: 2, size: 8GiB}]\n";
const DATASTORES = "      datastore: local-lvm\n      datastores: {fast: 100GiB, bulk: 4TB}\n";

/** dvntm with two storages more, and lines of its one VM. */
function loaded(vm = FAST, datastores = DATASTORES) {
    const stack = STACK.replace("      datastore: local-lvm\n", datastores);
    const files = { "Pulumi.dvntm.yaml": stack, [FILE]: `${smallTenant("grooveiq", 50)}${vm}` };
    return loadSubstrate({ root: project(files), substrate: "dvntm" });
}

test("a disk lies on its own datastore, else the VM's, else the hypervisor's", () => {
    const places = (vm: string) => placesOf(loaded(vm).tenants[0]!.vms[0]!).map(({ datastore }) => datastore);
    expect(places(FAST)).toEqual(["fast", "bulk", "fast"]);
    expect(places("    disks: [{slot: 1, size: 8GiB}]\n")).toEqual(["local-lvm", "local-lvm"]);
});

test("each storage has its own share of the promises", () => {
    const substrate = loaded();
    const disks = sharesOf(substrate, substrate.hypervisors[0]!).filter(({ resource }) => resource === "disk");
    expect(disks.map(({ datastore, physical, limit, promised }) => [datastore, physical, limit, promised])).toEqual([
        [undefined, 931, 1396, 0],
        ["fast", 100, 150, 40],
        ["bulk", 3725, 5587, 100],
    ]);
});

const STORAGES: readonly Storage[] = [
    { storage: "local-lvm", content: "images,rootdir", enabled: 1, active: 1 },
    { storage: "fast", content: "images", enabled: 1, active: 1 },
    { storage: "bulk", content: "images,backup", enabled: 1, active: 1 },
];

function faultsOf(
    inventory: Partial<Inventory>,
    guests: readonly Guest[] = [],
    recorded = NOTHING_RECORDED,
    vm = FAST,
) {
    const substrate = loaded(vm);
    const templates = new Map([[103, TEMPLATE]]);
    const node = inventoryOf([...guests, templateGuest(103, TEMPLATE.name)], { templates, ...inventory });
    return checkNode(substrate, substrate.hypervisors[0]!, node, recorded).map(formatFault);
}

const otherwise = (storage: string, change: Partial<Storage>) =>
    STORAGES.map((one) => (one.storage === storage ? { ...one, ...change } : one));

test.each<[string, readonly Storage[], string[]]>([
    ["control: all are there", STORAGES, []],
    [
        "one is missing",
        STORAGES.slice(0, 2),
        [
            "7 vms[0].disks: node pve2 has no storage bulk that the token may see, but fast, local-lvm; correct " +
                "hypervisors.hv02.datastores, or mend it on the node",
        ],
    ],
    [
        "one takes no disks",
        otherwise("fast", { content: "backup,iso" }),
        [
            "6 vms[0].datastore: storage fast on node pve2 takes no disks of VMs, but backup, iso (pvesm set fast --content " +
                "images); correct hypervisors.hv02.datastores, or mend it on the node",
        ],
    ],
    [
        "one is disabled and one is not online",
        otherwise("fast", { enabled: 0 }).map((one) => (one.storage === "bulk" ? { ...one, active: 0 } : one)),
        [
            "6 vms[0].datastore: storage fast is disabled on node pve2; correct hypervisors.hv02.datastores, or mend it on the node",
            "7 vms[0].disks: storage bulk is not online on node pve2; correct hypervisors.hv02.datastores, or mend it on the node",
        ],
    ],
])("storages of the node: %s", (_, storages, expected) => {
    expect(faultsOf({ storages })).toEqual(expected.map((fault) => `${FILE}:${fault}`));
});

describe("a VM whose disk lies elsewhere than declared", () => {
    const vm = "    datastore: fast\n";
    const lies = (more: object = {}) => ({
        storages: STORAGES,
        configs: new Map([[5001, { scsi0: "local-lvm:vm-5001-disk-0,size=32G", ...more }]]),
    });
    const stopped = { ...SMALL_GUEST, status: "stopped" };

    test("is moved where it is off, or may be shut down", () => {
        expect(faultsOf(lies(), [stopped], RECORDED, vm)).toEqual([]);
        expect(faultsOf(lies(), [SMALL_GUEST], RECORDED, `${vm}    reboot: when-needed\n`)).toEqual([]);
    });

    test("is refused while it runs, with what moves it meanwhile", () => {
        expect(faultsOf(lies(), [SMALL_GUEST], RECORDED, vm)).toEqual([
            `${FILE}:6 vms[0].datastore: scsi0 of VM 5001 lies on local-lvm of hv02, and goes to fast: a run moves disks of a VM ` +
                "that is off. Stop it, set reboot: when-needed, with which the run shuts it down, or move it while it runs: " +
                "qm disk move 5001 scsi0 fast --delete 1, as root on the node, then `tenants up dvntm`",
        ]);
        // Control: it lies there already.
        const configs = new Map([[5001, { scsi0: "fast:vm-5001-disk-0,size=32G" }]]);
        expect(faultsOf({ storages: STORAGES, configs }, [SMALL_GUEST], RECORDED, vm)).toEqual([]);
    });

    test("is refused with snapshots, also where it is off", () => {
        expect(faultsOf(lies({ parent: "before" }), [stopped], RECORDED, vm)).toEqual([
            expect.stringMatching(
                /PVE moves no disk with snapshots, of which it has before: remove them \(qm delsnapshot\)/,
            ),
        ]);
    });

    test("is known by the state, also where the file names no datastore any more", () => {
        const on = (datastore: string): Recorded => ({
            ...RECORDED,
            vms: new Map([[5001, { component: "grooveiq-api-vm01", node: "pve2", datastores: { scsi0: datastore } }]]),
        });
        const [without, with_] = ["", vm].map((lines) => loaded(lines).tenants[0]!.vms[0]!);
        expect([movesDisk(without!, on("fast")), movesDisk(with_!, on("local-lvm"))]).toEqual([true, true]);
        expect([
            movesDisk(without!, on("local-lvm")),
            movesDisk(with_!, on("fast")),
            movesDisk(with_!, RECORDED),
        ]).toEqual([false, false, false]);
    });
});

test("a linked clone's disks lie where its template's do, disk by disk", () => {
    const linked = `${FAST}    clone: linked\n`;
    const template = (storage: string, scsi1: string) => ({
        ...TEMPLATE,
        linkable: true,
        settings: { scsi0: `${storage}:base-103-disk-0,size=32G`, scsi1: `${scsi1}:base-103-disk-1,size=8G` },
        systemDisk: { storage, sizeGiB: 32 },
    });
    const faults = (details: typeof TEMPLATE) =>
        faultsOf({ storages: STORAGES, templates: new Map([[103, details]]) }, [], NOTHING_RECORDED, linked);
    expect(faults(template("fast", "bulk"))).toEqual([]);
    expect(faults(template("local-lvm", "bulk"))).toEqual([
        expect.stringMatching(
            /vms\[0\]\.clone: template .* lies on storage local-lvm, not fast, and a linked clone stays/,
        ),
    ]);
    expect(faults(template("fast", "fast"))).toEqual([
        expect.stringMatching(/vms\[0\]\.clone: template .* lies on storage fast, not bulk, and a linked clone stays/),
    ]);
});

test("a disk that was moved by hand is moved back by hand, or by an up that may shut the VM down", () => {
    const disks = (datastoreId: string) => ({ ...api, disks: [{ interface: "scsi0", datastoreId, size: 32 }] });
    const change = step("update", VM, disks("local-lvm"), disks("fast"), ["disks[0].datastoreId"]);
    expect(rowsOf(plain, findings([change]))).toEqual([
        expect.objectContaining({
            what: "VM 5001 api-vm01: disk scsi0: datastoreId",
            ...{ declared: "local-lvm", found: "fast" },
            settle: expect.stringMatching(
                /^by hand, on the node: qm disk move 5001 scsi0 local-lvm --delete 1; or accept it: .*datastore/,
            ) as unknown,
        }),
    ]);
    const restarted = loaded("    reboot: when-needed\n");
    const [row] = rowsOf(restarted, nodeDrift(restarted, [change], [inventoryOf([])], OWN));
    expect(row!.settle).toMatch(/^tenants up dvntm; or accept it/);
});
