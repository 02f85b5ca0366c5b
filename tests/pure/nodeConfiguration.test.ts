import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { nodeDrift } from "../../node/drift";
import type { Inventory, Settings } from "../../node/inventory";
import { escaped } from "../../proof/conformance/form";
import { rowsOf } from "../../report/drift";
import type { PreviewStep, PreviewState } from "../../state/preview/client";
import { loadSubstrate } from "../../substrate/load";
import { changesOfPve9, changesOfSettings, type SettingChange } from "../drift/confdesc";
import { inventoryOf, templateGuest } from "../fixtures";
import { OWN } from "./nodeSteps";

/** VMs as the real provider left them on the simulated node: tests/earlier/record.ts. */
const EARLIER = resolve(__dirname, "..", "earlier");
const read = (file: string) => JSON.parse(readFileSync(resolve(EARLIER, file), "utf8")) as unknown;
const substrate = loadSubstrate({ root: EARLIER, substrate: "dvntm" });
const { vms } = read("node.json") as { vms: { vmid: number; config: Record<string, string | number> }[] };
const { checkpoint } = read("state.json") as {
    checkpoint: { latest: { resources: (PreviewState & { urn: string })[] } };
};

const configs = new Map<number, Settings>(vms.map(({ vmid, config }) => [vmid, config]));
const same: PreviewStep[] = checkpoint.latest.resources.map((state) => ({
    op: "same",
    urn: state.urn,
    oldState: state,
    newState: state,
}));
const API = configs.get(5001)! as Record<string, string>;
const TEMPLATE = configs.get(103)!;

/** Rows in short of VMs that have these settings, and of their template. */
function rows(changed: ReadonlyMap<number, Settings>, { steps = same, guests = inventoryOf([]).guests } = {}) {
    const inventory: Inventory = inventoryOf([], { configs: new Map([...configs, ...changed]), guests });
    const told = rowsOf(substrate, nodeDrift(substrate, steps, [inventory], OWN));
    return told.map(({ what, declared, found, settle }) => ({ row: `${what} | ${declared} | ${found}`, settle }));
}

const ofApi = (settings: Settings, more: Parameters<typeof rows>[1] = {}) => rows(new Map([[5001, settings]]), more);

function changed({ set = {}, delete: gone }: SettingChange): Settings {
    const settings: Record<string, string> = { ...API, ...set };
    if (gone !== undefined) {
        delete settings[gone];
    }
    return settings;
}

test("VMs that nobody changed have no row", () => {
    expect(rows(new Map())).toEqual([]);
});

const CHANGES = [...changesOfSettings(API["net0"]!, API["scsi0"]!), ...changesOfPve9(API["net0"]!)];

test.each(CHANGES.map((change) => [JSON.stringify(change), change] as const))(
    "a change by hand is told: %s",
    (_, change) => {
        expect(ofApi(changed(change))).toHaveLength(1);
    },
);

test.each<SettingChange>([{ set: { "allow-ksm": "1" } }, { set: { agent: `${API["agent"]!},freeze-fs=1` } }])(
    "what PVE 9 has as the default is none: %j",
    (change) => {
        expect(ofApi(changed(change))).toEqual([]);
    },
);

test("options that a VM's disk has from its template are none of a person's, and their loss is told", () => {
    const withOptions: PreviewStep[] = same.map((step) => {
        const { oldState } = step;
        const own = oldState?.type === "deevnet:tenant:TenantVm" && Number(oldState.outputs?.["vmid"]) === 5001;
        return own
            ? {
                  ...step,
                  oldState: {
                      ...oldState,
                      outputs: { ...oldState.outputs, diskOptions: { scsi0: { discard: true } } },
                  },
              }
            : step;
    });
    const kept = { ...API, scsi0: `${API["scsi0"]},discard=on` };
    const plain = { ...API, scsi0: API["scsi0"]!.replace(/,discard=\w+/, "") };
    expect(ofApi(kept, { steps: withOptions })).toEqual([]);
    expect(ofApi(plain, { steps: withOptions })).toHaveLength(1);
    expect(ofApi(kept)).toHaveLength(1);
});

test("tags of other tools are told, but for those that the stack file keeps", () => {
    const tagged = { ...API, tags: `${API["tags"]};backup-daily` };
    const hypervisors = substrate.hypervisors.map((one) => ({ ...one, keepTags: ["backup-*"] }));
    const inventory = inventoryOf([], { configs: new Map([...configs, [5001, tagged]]) });
    expect(rowsOf(substrate, nodeDrift({ ...substrate, hypervisors }, same, [inventory], OWN))).toEqual([]);
    expect(ofApi(tagged)).toHaveLength(1);
});

describe("what is told, and what settles it", () => {
    test.each<[string, SettingChange, string, string]>([
        [
            "protection",
            { set: { protection: "1" } },
            "VM 5001 api-vm01: protection | false | true",
            "by hand, on the node: qm set 5001 --protection 0; or accept it: protection in tenants/dvntm/grooveiq.yaml:",
        ],
        [
            "trunks, by which a VM stands in management",
            { set: { net0: `${API["net0"]},trunks=10;99` } },
            "VM 5001 api-vm01: net0: trunks | none | 10;99",
            "by hand, on the node: qm set 5001 --net0 virtio=02:DE:20:50:00:01,bridge=vmbr0,firewall=1,tag=50",
        ],
        [
            "an account of cloud-init's",
            { set: { cipassword: "**********" } },
            "VM 5001 api-vm01: cloud-init's password | none | set",
            "by hand, on the node: qm set 5001 --delete cipassword",
        ],
        [
            "the boot order, whose separator a shell would take for its own",
            { set: { boot: "order=net0" } },
            "VM 5001 api-vm01: boot order | order=scsi0;ide3 | order=net0",
            "by hand, on the node: qm set 5001 --boot 'order=scsi0;ide3'",
        ],
        [
            "a disk's options",
            { set: { scsi0: API["scsi0"]!.replace("cache=none", "cache=unsafe") } },
            "VM 5001 api-vm01: disk scsi0: cache | none | unsafe",
            "by hand, on the node: qm set 5001 --scsi0 local-lvm:vm-5001-disk-0",
        ],
        [
            "a medium in the CD drive",
            { set: { ide3: "local:iso/rescue.iso,media=cdrom,size=600M" } },
            "VM 5001 api-vm01: disk ide3: datastoreId | none | local:iso/rescue.iso",
            "by hand, on the node: qm set 5001 --ide3 none,media=cdrom",
        ],
        [
            "an EFI disk, which holds boot entries",
            { set: { efidisk0: "local-lvm:vm-5001-disk-2,efitype=4m,size=4M" } },
            "VM 5001 api-vm01: disk efidisk0 | none | local-lvm:vm-5001-disk-2,efitype=4m,size=4M",
            "nothing to do: it holds boot entries of the VM, which are lost with it",
        ],
        [
            "a TPM, which holds keys",
            { set: { tpmstate0: "local-lvm:vm-5001-disk-2,size=4M,version=v2.0" } },
            "VM 5001 api-vm01: disk tpmstate0 | none | local-lvm:vm-5001-disk-2,size=4M,version=v2.0",
            "nothing to do: it holds keys of the VM, which are lost with it",
        ],
    ])("%s", (_, change, row, settle) => {
        expect(ofApi(changed(change))).toEqual([
            { row, settle: expect.stringMatching(new RegExp(`^${escaped(settle)}`)) as unknown },
        ]);
    });

    test("a disk of the template that was detached is attached again, by its volume where there is one", () => {
        const template = { ...TEMPLATE, efidisk0: "local-lvm:base-103-disk-1,efitype=4m,size=4M" };
        const told = rows(
            new Map<number, Settings>([
                [103, template],
                [5001, { ...API, unused0: "local-lvm:vm-5001-disk-1" }],
            ]),
        );
        expect(told.find(({ row }) => row.startsWith("VM 5001"))).toEqual({
            row: "VM 5001 api-vm01: disk efidisk0 | local-lvm:base-103-disk-1,efitype=4m,size=4M | none",
            settle: "by hand, on the node: qm set 5001 --efidisk0 local-lvm:vm-5001-disk-1",
        });
    });

    test("keys that an EFI disk lost are told, and neither attached nor set again", () => {
        const efidisk0 = "local-lvm:base-103-disk-1,efitype=4m,pre-enrolled-keys=1,size=4M";
        const settings = { ...API, efidisk0: "local-lvm:vm-5001-disk-1,efitype=4m,size=4M" };
        const changes = new Map<number, Settings>([
            [103, { ...TEMPLATE, efidisk0 }],
            [5001, settings],
        ]);
        expect(rows(changes).find(({ row }) => row.startsWith("VM 5001"))).toEqual({
            row: "VM 5001 api-vm01: disk efidisk0: pre-enrolled-keys | 1 | none",
            settle: "nothing to do: it holds boot entries of the VM, which are lost with it",
        });
    });

    test("no row ever proposes to take boot entries or keys away", () => {
        const proposed = changesOfSettings(API["net0"]!, API["scsi0"]!).flatMap((change) => ofApi(changed(change)));
        expect(proposed.filter(({ settle }) => /delete (efidisk|tpmstate)/.test(settle))).toEqual([]);
        expect(proposed.filter(({ settle }) => settle.includes("--delete")).length).toBeGreaterThan(20);
    });
});

describe("what a template brings is no drift", () => {
    const firmware = {
        ...{ bios: "ovmf", machine: "q35", vga: "serial0", cpuunits: "200", startup: "order=7", hotplug: "disk" },
        ...{ efidisk0: "local-lvm:base-103-disk-1,efitype=4m,pre-enrolled-keys=1,size=4M" },
        ...{
            tpmstate0: "local-lvm:base-103-disk-2,size=4M,version=v2.0",
            ide0: "local:iso/virtio.iso,media=cdrom,size=600M",
        },
    };
    const template = { ...TEMPLATE, ...firmware };
    const clone = {
        ...{ ...API, ...firmware },
        ...{ efidisk0: "local-lvm:vm-5001-disk-1,efitype=4m,pre-enrolled-keys=1,size=528K" },
        tpmstate0: "local-lvm:vm-5001-disk-2,size=4M,version=v2.0",
    };
    const [machine, ...others] = same.filter(
        ({ oldState }) => Number(oldState!.inputs?.["vmId"] ?? oldState!.outputs?.["vmid"]) === 5001,
    );

    test("on the node, by the VM that it was cloned from", () => {
        const both = rows(
            new Map([
                [103, template],
                [5001, clone],
            ]),
        );
        expect(both.filter(({ row }) => row.includes("VM 5001"))).toEqual([]);
        // Control: what the template has and the VM does not is told, and so is what only the VM has.
        expect(rows(new Map([[103, template]])).map(({ row }) => row)).toContain(
            "VM 5001 api-vm01: bios | ovmf | none",
        );
        expect(rows(new Map([[5001, clone]])).map(({ row }) => row)).toContain("VM 5001 api-vm01: bios | none | ovmf");
        expect(others.length).toBeGreaterThan(0);
    });

    test.each([
        ["order=scsi0;ide2;net0", "order=scsi0;net0;ide3"],
        ["order=ide3;scsi0;ide0", "order=ide3;scsi0"],
        ["cdn", "cdn"],
    ])("its boot order %s is %s once its cloud-init drive is replaced by the VM's own", (boot, own) => {
        const { ide2: cloudInit, ...others } = TEMPLATE;
        const drives = boot.includes("ide0") ? { ide0: cloudInit } : { ide2: cloudInit };
        const of = (found: string) =>
            rows(
                new Map<number, Settings>([
                    [103, { ...others, ...drives, boot }],
                    [5001, { ...API, boot: found }],
                ]),
            ).filter(({ row }) => row.startsWith("VM 5001"));
        expect(of(own)).toEqual([]);
        // Control.
        const row = `VM 5001 api-vm01: boot order | ${own} | order=net0`;
        expect(of("order=net0")).toEqual([expect.objectContaining({ row })]);
    });

    test("as it was recorded when the VM was made, whatever became of it", () => {
        const recorded = same.map((step) => {
            const { type, outputs } = step.oldState!;
            const own = type === "deevnet:tenant:TenantVm" && outputs?.["vmid"] === 5001;
            return own ? { ...step, oldState: { ...step.oldState!, outputs: { ...outputs, template } } } : step;
        });
        expect(rows(new Map([[5001, clone]]), { steps: recorded })).toEqual([]);
    });

    test("of one that is gone, by the template that the VM would be cloned from now, else by PVE's defaults", () => {
        const gone = new Map<number, Settings>([
            [103, {}],
            [100, { ...template, name: "fedora-server-44-1.9" }],
            [5001, clone],
        ]);
        const guests = new Map([[100, templateGuest(100, "fedora-server-44-1.9")]]);
        expect(rows(gone, { guests }).filter(({ row }) => row.includes("5001"))).toEqual([]);
        const all = ofApi(clone, { steps: [] }).map(({ row }) => row);
        expect(all).toContain("VM 5001 api-vm01: bios | none | ovmf");
        // Control: without any template a VM as the provider leaves it has no row.
        expect(ofApi(API, { steps: [] })).toEqual([]);
        expect(machine).toBeDefined();
    });
});

test("what a preview tells is not told twice, and what an up writes anyway is settled by it", () => {
    const device = { bridge: "vmbr0", macAddress: "02:DE:20:50:00:01", vlanId: 50 };
    const inputs = { vmId: 5001, networkDevices: [device] };
    const found = { vmId: 5001, networkDevices: [{ ...device, vlanId: 51, trunks: "99" }] };
    const type = "proxmoxve:index/vmLegacy:VmLegacy";
    const detailedDiff = Object.fromEntries(
        ["networkDevices[0].vlanId", "networkDevices[0].trunks"].map((path) => [path, { kind: "update" }]),
    );
    const update: PreviewStep = {
        ...{ op: "update", urn: "urn", detailedDiff, newState: { type, inputs } },
        oldState: { type, inputs: found, outputs: found },
    };
    const net0 = API["net0"]!.replace("tag=50", "tag=51,trunks=99");
    const told = ofApi({ ...API, net0 }, { steps: [update, ...same.slice(0)] });
    expect(told).toEqual([
        { row: "VM 5001 api-vm01: net0: trunks | none | 99", settle: "tenants up dvntm" },
        { row: "VM 5001 api-vm01: net0: vlanId | 50 | 51", settle: "tenants up dvntm" },
    ]);
});
