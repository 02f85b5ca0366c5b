import { config, device, diskOption, made, place, propertyOf, put, sizeOf, type Row } from "./matrixKinds";

export { callOn, FAST, MAPPINGS, waits, type Row } from "./matrixKinds";

const DISK_OPTIONS = [
    diskOption("discard", ["true", "false"], ["on", "ignore"], "on"),
    diskOption("ssd", ["true", "false"], ["1", "0"], "1"),
    diskOption("iothread", ["false", "true"], ["0", "1"], "0"),
    diskOption("cache", ["writeback", "writethrough"], ["writeback", "writethrough"], "unsafe"),
    diskOption("backup", ["true", "false"], ["1", "0"], "1"),
];

/** Attributes whose VMs have one each of them. */
const WITH_DISK_OPTIONS = ["devices[].pci", "devices[].pcie", "devices[].rombar", "devices[].primary", "description"];

const RESTART = "in place, counts after a restart";

/** A VM's lines with one NIC beside its first. */
const withNic = (nic: string, first = "10.20.52.70") => `address: ${first}\n    networkInterfaces: [${nic}]`;

/** Names of the templates that the node has. */
const [OLDER, NEWEST] = ["fedora-server-44-1.9", "fedora-server-44-1.10"];

export const VM_ROWS: readonly Row[] = [
    {
        attribute: "description",
        lines: ["description: first", "description: then"],
        update: "in place",
        node: {
            held: ({ config: now }) => now["description"]?.split("\n")[0],
            values: ["first", "then"],
        },
        drift: { byHand: put({ description: "by hand" }), shown: /description:[^]*- then[^]*\+ by hand/ },
    },
    {
        attribute: "cores",
        lines: ["cores: 3", "cores: 4"],
        update: RESTART,
        node: { held: config("cores"), values: ["3", "4"] },
        drift: { byHand: put({ cores: "1" }), shown: /cores: 4 => 1/ },
    },
    {
        attribute: "cpu",
        beside: "cores",
        lines: ["cpu: x86-64-v2-AES", "cpu: x86-64-v3"],
        update: RESTART,
        node: { held: config("cpu"), values: ["x86-64-v2-AES", "x86-64-v3"] },
        drift: { byHand: put({ cpu: "kvm64" }), shown: /type\s*: "x86-64-v3" => "kvm64"/ },
    },
    {
        attribute: "memory",
        beside: "cores",
        lines: ["memory: 640MiB", "memory: 768MiB"],
        update: RESTART,
        node: { held: config("memory"), values: ["640", "768"] },
        drift: { byHand: put({ memory: "1024" }), shown: /dedicated: 768 => 1024/ },
    },
    {
        attribute: "balloon",
        beside: "description",
        lines: ["balloon: 256MiB", "balloon: 384MiB"],
        update: "in place",
        node: { held: config("balloon"), values: ["256", "384"] },
        drift: { byHand: put({ balloon: "128" }), shown: /floating: 384 => 128/ },
    },
    {
        attribute: "disk",
        lines: ["disk: 33GiB", "disk: 34GiB"],
        update: "in place",
        node: { held: sizeOf("scsi0"), values: ["33G", "34G"] },
        drift: {
            byHand: { method: "PUT", path: "/resize", fields: { disk: "scsi0", size: "36G" } },
            shown: /size: 34 => 36/,
            settledBy: "refused: a disk only grows; declare the larger size",
        },
        after: { lines: "disk: 36GiB", value: "36G" },
    },
    {
        attribute: "disks[].size",
        beside: "disk",
        lines: ["disks: [{ slot: 1, size: 2GiB }]", "disks: [{ slot: 1, size: 3GiB }]"],
        update: "in place",
        node: { held: sizeOf("scsi1"), values: ["2G", "3G"] },
        drift: {
            byHand: { method: "PUT", path: "/resize", fields: { disk: "scsi1", size: "5G" } },
            shown: /size: 3 => 5/,
            settledBy: "refused: a disk only grows; declare the larger size",
        },
        after: { lines: "disks: [{ slot: 1, size: 5GiB }]", value: "5G" },
    },
    {
        attribute: "disks[].slot",
        lines: ["disks: []", "disks: [{ slot: 7, size: 2GiB }]"],
        update: "in place",
        node: { held: sizeOf("scsi7"), values: [undefined, "2G"] },
        drift: {
            byHand: put({ delete: "scsi7" }),
            shown: /disks[^]*- interface\s*: "scsi7"/,
            settledBy: "refused: a detached disk holds data; told how to attach it",
        },
    },
    {
        attribute: "onBoot",
        beside: "description",
        lines: ["onBoot: true", "onBoot: false"],
        update: "in place",
        node: { held: config("onboot"), values: ["1", "0"] },
        drift: { byHand: put({ onboot: "1" }), shown: /onBoot\s*: false => true/ },
    },
    {
        attribute: "startup.order",
        beside: "description",
        lines: ["startup: { order: 1 }", "startup: { order: 2 }"],
        update: "in place",
        node: { held: config("startup"), values: ["order=1", "order=2"] },
        drift: { byHand: put({ startup: "order=9" }), shown: /order: 2 => 9/ },
    },
    {
        attribute: "startup.upDelay",
        beside: "disk",
        lines: ["startup: { order: 1, upDelay: 10 }", "startup: { order: 1, upDelay: 20 }"],
        update: "in place",
        node: { held: config("startup"), values: ["order=1,up=10", "order=1,up=20"] },
        drift: { byHand: put({ startup: "order=1,up=90" }), shown: /upDelay\s*: 20 => 90/ },
    },
    {
        attribute: "startup.downDelay",
        beside: "disks[].slot",
        lines: ["startup: { order: 1, downDelay: 10 }", "startup: { order: 1, downDelay: 20 }"],
        update: "in place",
        node: { held: config("startup"), values: ["order=1,down=10", "order=1,down=20"] },
        drift: { byHand: put({ startup: "order=1,down=90" }), shown: /downDelay\s*: 20 => 90/ },
    },
    {
        attribute: "agent.enabled",
        lines: ["agent: { enabled: false }", "agent: { enabled: true }"],
        update: RESTART,
        node: {
            held: (vm) => /enabled=(\d)/.exec(config("agent")(vm) ?? "")?.[1],
            values: ["0", "1"],
        },
        drift: { byHand: put({ agent: "enabled=0" }), shown: /enabled: true => false/ },
    },
    {
        attribute: "agent.wait",
        beside: "keep",
        lines: ["agent: { wait: false }", "agent: { wait: true }"],
        update: "nothing on the node",
    },
    {
        attribute: "agent.timeout",
        beside: "template",
        lines: ["agent: { timeout: 20 }", "agent: { timeout: 10 }"],
        update: "nothing on the node",
    },
    {
        attribute: "protection",
        beside: "description",
        lines: ["protection: false", "protection: true"],
        update: "in place",
        node: { held: config("protection"), values: [undefined, "1"] },
        drift: { byHand: put({ protection: "0" }), shown: /protection\s*: true => false/ },
    },
    { attribute: "keep", lines: ["keep: false", "keep: true"], update: "nothing on the node" },
    {
        attribute: "reboot",
        beside: "keep",
        lines: ["reboot: never", "reboot: when-needed"],
        update: "nothing on the node",
    },
    {
        attribute: "rebuild",
        lines: ["rebuild: once", "rebuild: twice"],
        update: "replaces the VM",
    },
    {
        attribute: "template",
        lines: [`template: ${OLDER}`, `template: ${NEWEST}`],
        update: "nothing on the node",
    },
    {
        attribute: "tags",
        beside: "description",
        lines: ["tags: [blue]", "tags: [green]"],
        update: "in place",
        node: { held: config("tags"), values: ["blue;matrix;tenant", "green;matrix;tenant"] },
        drift: { byHand: put({ tags: "matrix;red;tenant" }), shown: /tags[^]*"green" => "matrix"|tags[^]*"red"/ },
    },
    {
        attribute: "address",
        lines: ["address: dhcp", "address: fixed"],
        update: "in place, counts from the guest's next boot",
        node: {
            held: config("ipconfig0"),
            values: ["ip=dhcp", expect.stringMatching(/^gw=10\.20\.52\.1,ip=10\.20\.52\.\d+\/24$/)],
        },
        drift: { byHand: put({ ipconfig0: "ip=dhcp" }), shown: /address: "10\.20\.52\.\d+\/24" => "dhcp"/ },
    },
    { attribute: "aliases", lines: ["aliases: [first]", "aliases: [then]"], update: "nothing on the node" },
    ...DISK_OPTIONS.map((row, at) => ({ ...row, beside: WITH_DISK_OPTIONS[at]! })),
    { attribute: "clone", beside: "template", lines: ["clone: linked", "clone: full"], update: "nothing on the node" },
    made("firmware", "firmware: uefi", config("bios"), "ovmf", {
        byHand: put({ bios: "seabios" }),
        shown: /bios\s*: "ovmf" => "seabios"/,
    }),
    made("secureBoot", "firmware: uefi\n    secureBoot: true", propertyOf("efidisk0", "pre-enrolled-keys"), "1"),
    { ...made("tpm", "tpm: true", propertyOf("tpmstate0", "version"), "v2.0"), beside: "machine" },
    made("machine", "machine: q35", config("machine"), "q35", {
        byHand: put({ machine: "pc" }),
        shown: /machine\s*: "q35" => "pc"/,
    }),
    place("datastore", "scsi0", (datastore) => `datastore: ${datastore}`),
    place("disks[].datastore", "scsi1", (datastore) => `disks: [{ slot: 1, size: 2GiB, datastore: ${datastore} }]`),
    {
        attribute: "health",
        beside: "template",
        lines: [
            'health: { agent: false, tcp: 22, http: { port: 80, path: / }, command: "true", timeout: 60 }',
            'health: { agent: false, tcp: 23, http: { port: 81, path: /a }, command: "false", timeout: 61 }',
        ],
        update: "nothing on the node",
    },
    {
        attribute: "expires",
        beside: "keep",
        lines: ["expires: 2099-11-30", "expires: 2099-11-29"],
        update: "nothing on the node",
    },
    {
        attribute: "networkInterfaces[].segment",
        lines: [withNic("{ address: 10.20.52.72 }"), withNic("{ segment: storage, address: 10.20.20.50 }")],
        update: "in place",
        node: { held: propertyOf("net1", "tag"), values: ["52", "20"] },
        drift: { byHand: put({ net1: "virtio,bridge=vmbr0,firewall=1,tag=99" }), shown: /vlanId\s*: 20 => 99/ },
    },
    {
        attribute: "networkInterfaces[].address",
        lines: [withNic("{ address: 10.20.52.73 }", "10.20.52.71"), withNic("{ address: 10.20.52.74 }", "10.20.52.71")],
        update: "in place, cut off there until the guest's next boot",
        node: { held: config("ipconfig1"), values: ["ip=10.20.52.73/24", "ip=10.20.52.74/24"] },
        drift: {
            byHand: put({ ipconfig1: "ip=10.20.52.99/24" }),
            shown: /address: "10\.20\.52\.74\/24" => "10\.20\.52\.99\/24"/,
        },
    },
    device("pci", ["{ pci: gpu0 }", "{ pci: gpu0 }, { pci: gpu1 }"], ["hostpci1", "mapping"], [undefined, "gpu1"], {
        byHand: put({ delete: "hostpci1" }),
        shown: /hostpcis[^]*gpu1/,
    }),
    device("pcie", ["{ pci: gpu2 }", "{ pci: gpu2, pcie: true }"], ["hostpci0", "pcie"], ["0", "1"], {
        byHand: put({ hostpci0: "mapping=gpu2" }),
        shown: /pcie\s*: true => false/,
    }),
    device("rombar", ["{ pci: gpu3 }", "{ pci: gpu3, rombar: false }"], ["hostpci0", "rombar"], ["1", "0"], {
        byHand: put({ hostpci0: "mapping=gpu3,rombar=1" }),
        shown: /rombar\s*: false => true/,
    }),
    device("primary", ["{ pci: gpu4 }", "{ pci: gpu4, primary: true }"], ["hostpci0", "x-vga"], ["0", "1"], {
        byHand: put({ hostpci0: "mapping=gpu4" }),
        shown: /xvga\s*: true => false/,
    }),
    device("usb", ["{ usb: usb0 }", "{ usb: usb0 }, { usb: usb1 }"], ["usb1", "mapping"], [undefined, "usb1"], {
        byHand: put({ delete: "usb1" }),
        shown: /usbs[^]*usb1/,
    }),
    {
        attribute: "snapshot",
        beside: "template",
        lines: ["snapshot: never", "snapshot: before-change"],
        update: "nothing on the node",
    },
    {
        attribute: "snapshotKeep",
        beside: "template",
        lines: ["snapshotKeep: { last: 3, age: 7d }", "snapshotKeep: { last: 4, age: 12h }"],
        update: "nothing on the node",
    },
];

/** Number of the VM that has an attribute: that of the first row that is on it, so that it stays as rows join it. */
export function instanceOf({ attribute, beside = attribute }: Row): number {
    return 1 + VM_ROWS.findIndex((row) => row.attribute === beside);
}
