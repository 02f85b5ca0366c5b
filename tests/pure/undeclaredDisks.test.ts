import type { Settings } from "../../node/inventory";
import { surveyParts } from "../../node/read";
import { VM } from "../../state/deployment";
import { recordedOf, type Recorded } from "../../state/recorded";
import { inventoryOf, removeProjects, SMALL_GUEST, smallTenant } from "../fixtures";
import { faultsOf, FILE, RECORDED, substrateOf } from "./checkedNode";

afterAll(removeProjects);

/** History of VM 5001, whose template brought two disks that its file does not declare. */
const TEMPLATE: Settings = {
    ...{ scsi0: "local-lvm:base-103-disk-0,size=32G", scsi1: "local-lvm:base-103-disk-1,size=4G" },
    ...{ virtio3: "local-lvm:base-103-disk-2,size=3G", efidisk0: "local-lvm:base-103-disk-3,size=4M" },
};
/** The VM as the real provider left it on the simulated node. */
const CONFIG: Settings = {
    scsi0: "local-lvm:vm-5001-disk-0,aio=io_uring,backup=1,cache=none,discard=ignore,iothread=0,replicate=1,size=32G,ssd=0",
    ...{ scsi1: "local-lvm:vm-5001-disk-1,size=4G", virtio3: "local-lvm:vm-5001-disk-2,size=3G" },
    efidisk0: "local-lvm:vm-5001-disk-3,size=4M",
};
const made = (template: Settings, extraDisks: readonly string[] = []): Recorded => ({
    ...RECORDED,
    history: new Map([["grooveiq-api-vm01", { generation: 1, rebuild: "", template, extraDisks }]]),
});

/** Faults of VM 5001 with lines in its file, by what a run knows of it. */
function faults(vm: string, config: Settings = CONFIG, recorded = made(TEMPLATE)): string[] {
    return faultsOf({ vm, guests: [SMALL_GUEST], recorded, configs: new Map([[5001, config]]) });
}

const told = (line: number, disk: string, declare: string) =>
    `${FILE}:${line} vms[0]${line === 6 ? ".disks" : ""}: VM 5001 has the disk ${disk} from its template, which this file does not ` +
    `declare: a change of its other disks would take it out of the VM; ${declare}detach it first, which leaves its volume on the ` +
    `node as an unused disk: qm set 5001 --delete ${disk}`;
const SCSI1 = "declare it (disks: [{ slot: 1, size: 4GiB }]), or without it, ";

test.each([
    ["grows", "    disk: 33GiB\n"],
    ["has other options", "    diskOptions: { discard: true }\n"],
])("where the system disk %s, disks that the file does not declare would go, so that it is refused", (_, vm) => {
    expect(faults(vm)).toEqual([told(4, "scsi1", SCSI1), told(4, "virtio3", "")]);
});

test("where a further disk comes, too", () => {
    const vm = "    disks: [{ slot: 1, size: 4GiB }, { slot: 2, size: 1GiB }]\n";
    expect(faults(vm)).toEqual([told(6, "virtio3", "")]);
    expect(faults("", CONFIG, made(TEMPLATE, ["scsi1", "scsi2"]))).toEqual([told(4, "virtio3", "")]);
});

test("a disk that no record tells of, too: of a VM that an earlier release made, or that somebody attached", () => {
    const attached = (line: number, disk: string, declare: string) =>
        told(line, disk, declare).replace(" from its template", "");
    const both = [attached(4, "scsi1", SCSI1), attached(4, "virtio3", "")];
    expect(faults("    disk: 33GiB\n", CONFIG, RECORDED)).toEqual(both);
    expect(faults("    disk: 33GiB\n", CONFIG, made({ scsi0: TEMPLATE["scsi0"] }))).toEqual(both);
    const { virtio3: _, ...one } = TEMPLATE;
    expect(faults("    disk: 33GiB\n", CONFIG, made(one))).toEqual([told(4, "scsi1", SCSI1), both[1]]);
    // Controls: nothing changes; the file declares one, and the other is a CD, firmware's own, or unused.
    expect(faults("", CONFIG, RECORDED)).toEqual([]);
    const cd = {
        ide0: "local:iso/x.iso,media=cdrom",
        tpmstate0: "local-lvm:vm-5001-disk-4",
        unused0: "local-lvm:vm-5001-disk-2",
    };
    const { scsi0, scsi1, efidisk0 } = CONFIG;
    const vm = "    disk: 33GiB\n    disks: [{ slot: 1, size: 4GiB }]\n";
    expect(faults(vm, { scsi0, scsi1, efidisk0, ...cd }, RECORDED)).toEqual([]);
});

test("controls: nothing changes on a disk; the disks were detached; the file declared them and gives them up", () => {
    const { scsi0, scsi1 } = CONFIG;
    expect(faults("")).toEqual([]);
    expect(faults("    disk: 33GiB\n", { scsi0, unused0: "local-lvm:vm-5001-disk-1" })).toEqual([]);
    expect(faults("", { scsi0, scsi1 }, made({}, ["scsi1"]))).toEqual([]);
});

describe("the settings of a VM are read", () => {
    const disk = (options: object = {}) => ({
        ...{ interface: "scsi0", datastoreId: "local-lvm", size: 32, discard: "ignore", ssd: false, iothread: false },
        ...{ cache: "none", backup: true, ...options },
    });

    function read(vm: string, recorded: Recorded) {
        const substrate = substrateOf(`${smallTenant("grooveiq", 50)}${vm}`);
        const { guests } = inventoryOf([SMALL_GUEST]);
        const { configs } = surveyParts(substrate, substrate.hypervisors[0]!, recorded);
        return typeof configs === "function" ? configs(guests) : configs;
    }

    /** The VM as it stands in a state with these disks. */
    function inState(...disks: object[]): Recorded {
        const urn = "urn:pulumi:s::p::proxmoxve:index/vmLegacy:VmLegacy::grooveiq-api-vm01-vm";
        const outputs = { nodeName: "pve2", vmId: 5001, disks };
        const { vms } = recordedOf([{ urn, type: VM, id: "5001", outputs }], []);
        return { ...RECORDED, vms };
    }

    test("where its template brought a disk that its file does not declare", () => {
        expect(read("", made(TEMPLATE))).toEqual([5001]);
        expect(read("", { ...made({ scsi0: TEMPLATE["scsi0"] }), vms: inState(disk()).vms })).toEqual([]);
    });

    test.each([
        ["grows", "    disk: 33GiB\n", disk()],
        ["gets an option", "    diskOptions: { ssd: true }\n", disk()],
        ["loses one", "", disk({ discard: "on" })],
        ["moves", "", disk({ datastoreId: "other" })],
        ["is one that nobody read yet", "", null],
    ])("where a disk of it %s", (_, vm, one) => {
        expect(read(vm, inState(...(one === null ? [] : [one])))).toEqual([5001]);
    });

    test("and of one whose disks are as declared they are not", () => {
        expect(read("", inState(disk()))).toEqual([]);
        expect(
            read(
                "    diskOptions: { ssd: true, cache: writeback }\n",
                inState(disk({ ssd: true, cache: "writeback" })),
            ),
        ).toEqual([]);
    });
});
