import { formatFault } from "../../definitions/faults";
import { checkNode } from "../../node/checkNode";
import type { Guest } from "../../node/inventory";
import { NOTHING_RECORDED } from "../../state/recorded";
import { loadSubstrate } from "../../substrate/load";
import { inventoryOf, project, removeProjects, SMALL_GUEST, smallTenant, STACK, templateGuest } from "../fixtures";
import { faultsOf, FILE, RECORDED, TEMPLATE } from "./checkedNode";

afterAll(removeProjects);

test("control: a new VM and a template that fits it have no fault", () => {
    expect(faultsOf({})).toEqual([]);
});

test("control: a VM of ours that is on the node and in the state has none", () => {
    expect(faultsOf({ guests: [SMALL_GUEST], recorded: RECORDED })).toEqual([]);
});

describe("a VMID that is taken", () => {
    const foreign = { ...SMALL_GUEST, name: "windows-pc", tags: ["desk"] };

    test("by somebody else's guest names it, whether the state knows the VMID or not", () => {
        const { pool: _, ...guest } = foreign;
        const message =
            `${FILE}:5 vms[0].instance: VMID 5001 on hv02 (node pve2) is taken by windows-pc (pool none, tags desk), ` +
            "which is not ours and stays as it is. Give the VM another instance, or move that guest away";
        expect(faultsOf({ guests: [guest] })).toEqual([message]);
        expect(faultsOf({ guests: [guest], recorded: RECORDED })).toEqual([message]);
    });

    test("by a container names it as one, whatever it is called", () => {
        const { pool: _, ...container } = { ...foreign, type: "lxc", name: "pihole", tags: [] };
        const message =
            /VMID 5001 on hv02 \(node pve2\) is taken by pihole \(container\) \(pool none, tags none\), which is/;
        expect(faultsOf({ guests: [container] })).toEqual([expect.stringMatching(message)]);
        expect(faultsOf({ guests: [{ ...SMALL_GUEST, type: "lxc" }], recorded: RECORDED })).toEqual([
            expect.stringMatching(/is taken by api-vm01 \(container\)/),
        ]);
    });

    test.each(["pool", "tags", "name"] as const)("is ours still by its %s alone", (mark) => {
        const { pool: _, ...stripped } = foreign;
        const guest = { ...stripped, [mark]: SMALL_GUEST[mark] } as Guest;
        expect(faultsOf({ guests: [guest], recorded: RECORDED })).toEqual([]);
    });

    test("by a VM of ours that the state does not know says how to settle it", () => {
        const [fault, ...others] = faultsOf({ guests: [SMALL_GUEST] });
        expect(fault).toMatch(/VM 5001 is on node pve2 and looks like this one, but is not in the stack's state/);
        expect(fault).toContain("tenants recover dvntm");
        expect(fault).toContain("VmLegacy grooveiq-api-vm01-vm pve2/5001");
        expect(others).toEqual([]);
    });
});

describe("what would delete a VM unasked", () => {
    const lost = /api-vm01 is VM 5001, and would be deleted with its data and made anew as/;

    test("another instance", () => {
        const tenant = smallTenant("grooveiq", 50).replace("instance: 1", "instance: 2");
        expect(faultsOf({ tenant, guests: [SMALL_GUEST], recorded: RECORDED })).toEqual([expect.stringMatching(lost)]);
    });

    test("another VLAN", () => {
        const tenant = smallTenant("grooveiq", 51);
        expect(faultsOf({ tenant, guests: [SMALL_GUEST], recorded: RECORDED })).toEqual([expect.stringMatching(lost)]);
    });

    test("another node", () => {
        const vms = new Map([[5001, { component: "grooveiq-api-vm01", node: "pve3" }]]);
        expect(faultsOf({ recorded: { ...RECORDED, vms } })).toEqual([
            expect.stringMatching(/api-vm01 runs on node pve3, and nothing migrates/),
        ]);
    });

    test("control: another name does not", () => {
        const tenant = smallTenant("grooveiq", 50).replace("api-vm01", "web-vm01");
        expect(faultsOf({ tenant, guests: [SMALL_GUEST], recorded: RECORDED })).toEqual([]);
    });

    test("two VMs that swap their names are told to do it in two runs", () => {
        const two = (a: string, b: string) =>
            `name: grooveiq\nvlan: 50\nvms:\n  - name: ${a}\n    instance: 1\n  - name: ${b}\n    instance: 2\n`;
        const vms = new Map([
            [5001, { component: "grooveiq-a", node: "pve2" }],
            [5002, { component: "grooveiq-b", node: "pve2" }],
        ]);
        expect(faultsOf({ tenant: two("a", "b"), recorded: { ...RECORDED, vms } })).toEqual([]);
        expect(faultsOf({ tenant: two("b", "a"), recorded: { ...RECORDED, vms } })).toEqual([
            expect.stringMatching(/b is the name of VM 5002, which is renamed too; bring the substrate up in between/),
            expect.stringMatching(/a is the name of VM 5001/),
        ]);
    });
});

describe("disks", () => {
    test("a smaller system disk is refused, and says what is allowed", () => {
        expect(faultsOf({ guests: [{ ...SMALL_GUEST, systemDiskGiB: 64 }], recorded: RECORDED })).toEqual([
            `${FILE}:4 vms[0]: 32GiB is less than the 64GiB on the node, and a disk only grows; allowed: 64GiB or more`,
        ]);
    });

    test("a smaller further disk too, by its PVE name; a larger one is not", () => {
        const vm = "    disks:\n      - slot: 1\n        size: 8GiB\n";
        const with1 = (size: number) => [{ ...SMALL_GUEST, extraDisks: { scsi1: size } }];
        expect(faultsOf({ vm, guests: with1(9), recorded: RECORDED })).toEqual([
            `${FILE}:6 vms[0].disks: scsi1: 8GiB is less than the 9GiB on the node, and a disk only grows; allowed: 9GiB or more`,
        ]);
        expect(faultsOf({ vm, guests: with1(4), recorded: RECORDED })).toEqual([]);
    });
});

test("a disk that was detached by hand is not made anew: it says how to attach it", () => {
    const vm = "    disks:\n      - slot: 1\n        size: 8GiB\n";
    const history = new Map([["grooveiq-api-vm01", { generation: 1, rebuild: "", extraDisks: ["scsi1"] }]]);
    const guests = [{ ...SMALL_GUEST, unused: ["local-lvm:vm-5001-disk-1"] }];
    expect(faultsOf({ vm, guests, recorded: { ...RECORDED, history } })).toEqual([
        `${FILE}:6 vms[0].disks: scsi1 of VM 5001 was detached on hv02 by hand, and holds data: attach it again ` +
            "(qm set 5001 --scsi1 local-lvm:vm-5001-disk-1), then `tenants recover dvntm`",
    ]);
    // Controls: a disk that is new is made, one that is attached is left alone, and one that is taken out is not missed.
    expect(faultsOf({ vm, guests, recorded: RECORDED })).toEqual([]);
    const there = [{ ...SMALL_GUEST, extraDisks: { scsi1: 8 } }];
    expect(faultsOf({ vm, guests: there, recorded: { ...RECORDED, history } })).toEqual([]);
    expect(faultsOf({ guests, recorded: { ...RECORDED, history } })).toEqual([]);
});

describe("a template that cannot be cloned as asked", () => {
    test.each([
        [
            "no agent",
            { agent: false },
            "",
            /has no guest agent; build it with qemu_agent true, or set agent.enabled: false/,
        ],
        ["firewall rules", { firewallRules: 2 }, "", /has 2 firewall rules, which every clone would inherit/],
        [
            "an address filter",
            { addressFilters: ["ipfilter-net0"] },
            "",
            /has the ipset ipfilter-net0, which every clone would inherit/,
        ],
        [
            "no drive for an address",
            { cloudInit: false },
            "    address: fixed\n",
            /no cloud-init drive, which a fixed address needs/,
        ],
        [
            "another storage, linked",
            { systemDisk: { storage: "tank", sizeGiB: 32 }, linkable: true },
            "    clone: linked\n",
            /lies on storage tank, not local-lvm, and a linked clone stays on the storage of its template; build it there, or set clone: full/,
        ],
        [
            "a further disk on another storage, linked",
            { settings: { efidisk0: "tank:base-103-disk-1,size=4M" }, linkable: true },
            "    clone: linked\n",
            /lies on storage tank, not local-lvm, and a linked clone/,
        ],
        [
            "no linked clones",
            { linkable: false },
            "    clone: linked\n",
            /lies on storage local-lvm, on which PVE makes no linked clone of it.*set clone: full/,
        ],
        [
            "a larger further disk",
            { settings: { scsi1: "local-lvm:base-103-disk-1,size=8G" } },
            "    disks:\n      - slot: 1\n        size: 4GiB\n",
            /scsi1: 4GiB is less than the 8GiB of scsi1 of template .*; allowed: 8GiB or more, or use another slot/,
        ],
        [
            "a further disk that the file does not declare",
            { settings: { scsi1: "local-lvm:base-103-disk-1,size=8G" } },
            "    disks:\n      - slot: 2\n        size: 8GiB\n",
            /vms\[0\]\.disks: template .* has the disk scsi1, which every clone gets and .*; declare it \(disks: \[\{ slot: 1, size: 8GiB \}\]\), or without it, as root on the node: qm set 103 --delete scsi1$/,
        ],
        [
            "a further disk that no file can declare",
            { settings: { virtio0: "local-lvm:base-103-disk-1,size=512M" } },
            "",
            /has the disk virtio0, .* out of the VM; as root on the node: qm set 103 --delete virtio0$/,
        ],
        [
            "a larger disk",
            { systemDisk: { storage: "local-lvm", sizeGiB: 256 } },
            "",
            /32GiB is less than the 256GiB of template fedora-server-44-1.10/,
        ],
    ])("%s", (_, template, vm, message) => {
        expect(faultsOf({ template, vm })).toEqual([expect.stringMatching(message)]);
        // Control: a VM that is there was cloned before, and what became of the template is nothing to it.
        expect(faultsOf({ template, vm, guests: [SMALL_GUEST], recorded: RECORDED })).toEqual([]);
    });

    test("no disk at all", () => {
        const { systemDisk: _, ...diskless } = TEMPLATE;
        const substrate = loadSubstrate({
            root: project({ "Pulumi.dvntm.yaml": STACK, [FILE]: smallTenant("grooveiq", 50) }),
            substrate: "dvntm",
        });
        const inventory = inventoryOf([templateGuest(103, diskless.name)], { templates: new Map([[103, diskless]]) });
        expect(checkNode(substrate, substrate.hypervisors[0]!, inventory, NOTHING_RECORDED).map(formatFault)).toEqual([
            expect.stringMatching(/has no disk scsi0; build it with the disk on scsi0/),
        ]);
    });

    test.each([
        ["agent", { agent: false }, "    agent:\n      enabled: false\n"],
        ["drive", { cloudInit: false }, ""],
        ["disk", { systemDisk: { storage: "local-lvm", sizeGiB: 256 } }, "    disk: 256GiB\n"],
        [
            "further disk",
            { settings: { scsi1: "local-lvm:base-103-disk-1,size=8G", scsi2: "local-lvm:base-103-disk-2,size=9G" } },
            "    disks:\n      - slot: 1\n        size: 8GiB\n      - slot: 2\n        size: 10GiB\n      - slot: 3\n        size: 1GiB\n",
        ],
        [
            "disk but its own",
            {
                settings: {
                    ...{
                        efidisk0: "local-lvm:base-103-disk-1,size=4M",
                        tpmstate0: "local-lvm:base-103-disk-2,size=4M",
                    },
                    ...{ ide0: "local:iso/virtio.iso,media=cdrom,size=600M", unused0: "local-lvm:base-103-disk-3" },
                },
            },
            "",
        ],
        ["linked clone", { linkable: false, systemDisk: { storage: "tank", sizeGiB: 32 } }, ""],
        ["full clone", { linkable: true }, "    clone: linked\n"],
    ])("control: a VM that needs no %s is cloned", (_, template, vm) => {
        expect(faultsOf({ template, vm })).toEqual([]);
    });

    test("none of the prefix is told once, at the stack file", () => {
        const tenant = `${smallTenant("grooveiq", 50)}  - name: db-vm01\n    instance: 2\n`;
        expect(faultsOf({ tenant, template: null })).toEqual([
            "Pulumi.dvntm.yaml hypervisors.hv02.template: node pve2 has no template whose name begins with " +
                "fedora-server-; there is no template at all. Build it with the image factory, or correct template.prefix",
        ]);
    });

    test("one by name that is not there is told at the VM", () => {
        expect(faultsOf({ vm: "    template: fedora-server-43-1.6\n" })).toEqual([
            `${FILE}:6 vms[0].template: node pve2 has no template named fedora-server-43-1.6; there is ` +
                "fedora-server-44-1.10 (103). Build it with the image factory, or correct the name",
        ]);
    });
});

describe("rebuild", () => {
    const again = "    rebuild: again\n";

    test("a new word may make the disk smaller, and asks the template as a new VM does", () => {
        const guests = [{ ...SMALL_GUEST, systemDiskGiB: 64 }];
        expect(faultsOf({ vm: again, guests, recorded: RECORDED })).toEqual([]);
        expect(faultsOf({ vm: again, guests, recorded: RECORDED, template: { agent: false } })).toEqual([
            expect.stringMatching(/no guest agent/),
        ]);
    });

    test("the word that the VM was made by asks for nothing", () => {
        const history = new Map([["grooveiq-api-vm01", { generation: 1, rebuild: "again" }]]);
        const given = {
            vm: again,
            guests: [SMALL_GUEST],
            recorded: { ...RECORDED, history },
            template: { agent: false },
        };
        expect(faultsOf(given)).toEqual([]);
    });

    test.each(["keep", "protection"])("%s forbids a new word, not the old one", (why) => {
        const vm = `${again}    ${why}: true\n`;
        const history = new Map([["grooveiq-api-vm01", { generation: 1, rebuild: "again" }]]);
        expect(faultsOf({ vm, guests: [SMALL_GUEST], recorded: RECORDED })).toEqual([
            `${FILE}:6 vms[0].rebuild: a new word deletes the VM, which ${why}: true forbids; set ${why}: false and ` +
                "bring the substrate up first",
        ]);
        expect(faultsOf({ vm, guests: [SMALL_GUEST], recorded: { ...RECORDED, history } })).toEqual([]);
    });
});
