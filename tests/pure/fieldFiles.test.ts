import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { formatFault } from "../../definitions/faults";
import { listSubstrates } from "../../definitions/read";
import { checkNode } from "../../node/checkNode";
import type { Settings, TemplateDetails } from "../../node/inventory";
import { NOTHING_RECORDED } from "../../state/recorded";
import { loadSubstrate } from "../../substrate/load";
import type { TemplateChoice, WorkloadVm } from "../../substrate/substrate";
import { inventoryOf, removeProjects, smallTenant, templateGuest } from "../fixtures";
import { substrateOf, TEMPLATE } from "./checkedNode";

afterAll(removeProjects);

/** Definition files of other tools that people have published, written as sites and tenants: each names the one that it is after. */
const ROOT = resolve(__dirname, "../field");

const vmOf = (name: string, vm: Partial<WorkloadVm>) => ({ name, ...vm });
const iothread = { diskOptions: { cache: "none", iothread: true } } as const;
const uefi = { firmware: { firmware: "uefi", machine: "q35" } } as const;
const rancher = { cores: 8, memoryMiB: 8192, diskGiB: 100, datastore: "pool-1" };
const tags = ["app-server", "kubernetes", "kubernetes", "longhorn", "rancher", "tenant"];
const server = { cores: 2, cpuType: "x86-64-v2-AES", memoryMiB: 4096, balloonMiB: 512 };
const thin = { diskOptions: { cache: "none", discard: true, ssd: true } } as const;

/** VMs of each site, with the values that the public file gives them. */
const SAID: Readonly<Record<string, readonly (Partial<WorkloadVm> & { name: string })[]>> = {
    "adam-beckett": [
        vmOf("vm-k3s-02", { ...rancher, vmid: 212, address: "192.168.0.172", tags: [...new Set(tags)] }),
        vmOf("vm-k3s-03", { ...rancher, vmid: 213, address: "192.168.0.173" }),
    ],
    bpg: [
        vmOf("terraform-provider-proxmox-ubuntu-vm", {
            ...{ vmid: 4321, memoryMiB: 2048, balloonMiB: 2048, firmware: { tpm: true } },
            startup: { order: 3, upDelay: 60, downDelay: 60 },
        }),
    ],
    giftpilz0: [
        vmOf("dns", { ...iothread, ...uefi, diskGiB: 10, address: "192.168.60.222" }),
        vmOf("k3s-node2", { ...iothread, ...uefi, diskGiB: 40, address: "192.168.65.232" }),
    ],
    mafyuh: [
        vmOf("windows", {
            ...{ vmid: 250, datastore: "Fast500Gb", template: { name: "windows-11" } },
            firmware: { firmware: "uefi", tpm: true, machine: "q35" },
        }),
        vmOf("ai", { vmid: 322, cores: 10, memoryMiB: 16384, diskGiB: 100, firmware: { machine: "q35" } }),
    ],
    mwisnowski: [vmOf("ns2", { vmid: 1003, diskGiB: 15, address: "192.168.10.3", diskOptions: { discard: true } })],
    paulmaurovich: [1, 2, 3].map((n) =>
        vmOf(`k3s-server-${n}`, { ...server, ...thin, vmid: 100 + n, address: `192.168.8.${69 + n}` }),
    ),
    "ri-cs": [vmOf("ns2", { memoryMiB: 4096, diskGiB: 40, address: "10.100.0.2" })],
};

/** The one template that has other settings than a Linux of BIOS. */
const WINDOWS: Settings = { ostype: "win11", audio0: "device=ich9-intel-hda", vga: "qxl,memory=16" };

const named = (choice: TemplateChoice) => ("name" in choice ? choice.name : choice.prefix);

/** Faults of a site's node whose templates are those that its files name. */
function faultsOn(name: string): string[] {
    const substrate = loadSubstrate({ root: ROOT, substrate: name });
    const [hypervisor] = substrate.hypervisors;
    const vms = substrate.tenants.flatMap((tenant) => tenant.vms);
    const names = vms.map(({ template }) => named(template ?? hypervisor!.template));
    const templates = [...new Set(names)].map((template, n): TemplateDetails => {
        const settings = template.startsWith("windows") ? WINDOWS : { ostype: "l26" };
        const systemDisk = { storage: "local", sizeGiB: 4 };
        return { ...TEMPLATE, vmid: 9000 + n, name: template, settings, systemDisk };
    });
    const inventory = inventoryOf(
        templates.map(({ vmid, name: template }) => templateGuest(vmid, template)),
        { node: hypervisor!.node, templates: new Map(templates.map((one) => [one.vmid, one])) },
    );
    return checkNode(substrate, hypervisor!, inventory, NOTHING_RECORDED).map(formatFault);
}

test("every site is held against its public file, which it names", () => {
    expect(listSubstrates(ROOT)).toEqual(Object.keys(SAID));
    for (const name of Object.keys(SAID)) {
        const text = readFileSync(join(ROOT, `Pulumi.${name}.yaml`), "utf8");
        expect(text).toMatch(/^# After github\.com\/[\w-]+\/[\w-]+: \S/);
    }
});

test.each(Object.keys(SAID))("%s is a site without a finding, whose VMs are as the public file has them", (name) => {
    const { tenants, missing } = loadSubstrate({ root: ROOT, substrate: name });
    expect(missing).toEqual([]);
    expect(tenants.flatMap((tenant) => tenant.vms)).toMatchObject(SAID[name]!);
    expect(faultsOn(name)).toEqual([]);
});

/** Parts of those files that no tenant's file can say, as docs/tenants.md names them: lines of the one VM, and what is said of them. */
const UNSAID: readonly [string, string, RegExp][] = [
    [
        "a NIC in another tenant's segment",
        "    address: fixed\n    networkInterfaces: [{ segment: vintronics, address: 10.20.51.20 }]\n",
        /networkInterfaces\[0\]\.segment: vintronics is no segment of the site/,
    ],
    ["a bridge of the VM's own", "    bridge: vmbr1\n", /vms\[0\]\.bridge: unknown key/],
    [
        "a device of the host by its address",
        "    devices: [{ pci: '01:00.0' }]\n",
        /only root may give a VM a device itself/,
    ],
    ["directories of the host", "    virtiofs: [share]\n", /vms\[0\]\.virtiofs: unknown key/],
    ["user data of one's own", "    cicustom: user=local:snippets/a.yaml\n", /vms\[0\]\.cicustom: unknown key/],
    ["display and sound", "    vga: qxl\n", /vms\[0\]\.vga: unknown key/],
    [
        "a further disk on another bus",
        "    disks: [{ slot: virtio1, size: 1GiB }]\n",
        /disks\[0\]\.slot: virtio1 is not a whole number/,
    ],
];

describe("parts of them that no file can say", () => {
    const page = readFileSync(resolve(__dirname, "../../docs/tenants.md"), "utf8");
    const section = page.split("\n## ").find((text) => text.startsWith("What a file cannot say"))!;

    test.each(UNSAID)("%s", (what, lines, message) => {
        expect(() => substrateOf(`${smallTenant("grooveiq", 50)}${lines}`)).toThrow(message);
        expect(section).toContain(`**${what}**`);
    });

    test.each([
        ["a password", `user: { name: a, keys: [], password: x }\n`, /user\.password: unknown key/],
        ["a name with dots or capitals", "", /vms\[0\]\.name: .*DNS label/],
    ])("%s", (what, lines, message) => {
        const tenant = smallTenant("grooveiq", 50);
        const text = lines === "" ? tenant.replace("api-vm01", "API.vm01") : `${tenant}${lines}`;
        expect(() => substrateOf(text)).toThrow(message);
        expect(section).toContain(`**${what}**`);
    });

    test("a system disk on another bus than scsi0", () => {
        const { systemDisk: _, ...details } = TEMPLATE;
        const vm = substrateOf(smallTenant("grooveiq", 50));
        const inventory = inventoryOf([templateGuest(103, TEMPLATE.name)], {
            templates: new Map([[103, { ...details, settings: { virtio0: "local-lvm:base-103-disk-0,size=32G" } }]]),
        });
        const faults = checkNode(vm, vm.hypervisors[0]!, inventory, NOTHING_RECORDED).map(formatFault);
        expect(faults).toContainEqual(expect.stringContaining("has no disk scsi0; build it with the disk on scsi0"));
        expect(section).toContain("**a system disk on another bus than `scsi0`**");
    });
});
