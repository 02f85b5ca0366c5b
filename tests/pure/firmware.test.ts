import { ownFirmware } from "../../node/firmware";
import type { Settings } from "../../node/inventory";
import { nodeDrift } from "../../node/drift";
import { rowsOf } from "../../report/drift";
import { removeProjects, SMALL_GUEST, smallTenant, inventoryOf } from "../fixtures";
import { faultsOf, FILE, RECORDED, substrateOf } from "./checkedNode";
import { api, API_SETTINGS, OWN, step, VM } from "./nodeSteps";

afterAll(removeProjects);

const UEFI: Settings = {
    ...{ bios: "ovmf", machine: "q35", scsi0: "local-lvm:base-103-disk-0,size=32G" },
    efidisk0: "local-lvm:base-103-disk-1,efitype=4m,pre-enrolled-keys=1,size=4M",
    tpmstate0: "local-lvm:base-103-disk-2,size=4M,version=v2.0",
};
const BIOS: Settings = { scsi0: "local-lvm:base-103-disk-0,size=32G" };

const vmOf = (lines: string) => substrateOf(`${smallTenant("grooveiq", 50)}${lines}`).tenants[0]!.vms[0]!;
const disk = { datastore: "local-lvm" };

test.each<[string, Settings, object]>([
    ["", BIOS, {}],
    ["", UEFI, {}],
    ["    firmware: bios\n", BIOS, {}],
    ["    firmware: uefi\n", BIOS, { bios: "ovmf", efiDisk: { ...disk, keys: false } }],
    [
        "    firmware: uefi\n    secureBoot: true\n    tpm: true\n    machine: q35\n",
        BIOS,
        { bios: "ovmf", machine: "q35", efiDisk: { ...disk, keys: true }, tpmState: disk },
    ],
    // Of what the template has, nothing is made a second time.
    ["    firmware: uefi\n    secureBoot: true\n    tpm: true\n    machine: q35\n", UEFI, {}],
    ["    firmware: uefi\n", { bios: "ovmf" }, { efiDisk: { ...disk, keys: false } }],
    ["    machine: pc-q35-9.0\n", UEFI, { machine: "pc-q35-9.0" }],
])("beside its template's a VM gets, with %j: case %#", (lines, template, expected) => {
    expect(ownFirmware(vmOf(lines), template)).toEqual(expected);
});

describe("what every clone would take over is refused where the file says otherwise", () => {
    const template = "template fedora-server-44-1.10 (103) on node pve2";

    test.each<[string, Settings, string[]]>([
        ["    firmware: bios\n", UEFI, [`6 vms[0].firmware: ${template} has UEFI firmware, by which its disk boots`]],
        [
            "    firmware: uefi\n    secureBoot: false\n    tpm: false\n",
            UEFI,
            [`7 vms[0].secureBoot: ${template} has an EFI disk with keys`, `8 vms[0].tpm: ${template} has a TPM`],
        ],
        ["    machine: pc\n", UEFI, [`6 vms[0].machine: ${template} is of the machine type q35`]],
        // Controls.
        ["    firmware: uefi\n    secureBoot: true\n    tpm: true\n", UEFI, []],
        ["    firmware: uefi\n    tpm: true\n    machine: q35\n", BIOS, []],
    ])("%j, case %#", (vm, settings, expected) => {
        const faults = expected.map((text) => {
            const key = /\.(\w+):/.exec(text)![1]!;
            return `${FILE}:${text}, which every clone takes over; leave ${key} out, or clone another template`;
        });
        expect(faultsOf({ vm, template: { settings } })).toEqual(faults);
    });
});

describe("a VM that is there keeps the firmware that it was made with", () => {
    const faults = (vm: string, config: Settings) =>
        faultsOf({ vm, guests: [SMALL_GUEST], recorded: RECORDED, configs: new Map([[5001, config]]) });

    test("so that another one in its file is refused, key by key", () => {
        expect(faults("    firmware: uefi\n    tpm: true\n", BIOS)).toEqual([
            `${FILE}:6 vms[0].firmware: VM 5001 was made with firmware: bios, which stays. To have uefi make it anew by a new word ` +
                "in rebuild, which loses what is on its disks; else leave it out",
            expect.stringMatching(
                /:7 vms\[0\]\.tpm: VM 5001 was made with tpm: false, which stays\. To have true make it/,
            ),
        ]);
    });

    test("by its record, so that what somebody changed on the node since is repaired, and not refused", () => {
        const firmware = { bios: "ovmf", machine: "q35", efiDisk: { ...disk, keys: true }, tpmState: disk } as const;
        const history = new Map([["grooveiq-api-vm01", { generation: 1, rebuild: "", template: BIOS, firmware }]]);
        const told = (vm: string, config: Settings) => {
            const recorded = { ...RECORDED, history };
            return faultsOf({ vm, guests: [SMALL_GUEST], recorded, configs: new Map([[5001, config]]) });
        };
        const asked = "    firmware: uefi\n    secureBoot: true\n    tpm: true\n    machine: q35\n";
        expect(told(asked, BIOS)).toEqual([]);
        expect(told("    firmware: bios\n    tpm: false\n    machine: pc\n", BIOS)).toEqual([]);
        // Control.
        expect(told("    firmware: bios\n    machine: pc-q35-9.0\n", UEFI)).toEqual([
            expect.stringMatching(/:6 vms\[0\]\.firmware: VM 5001 was made with firmware: uefi, which stays/),
            expect.stringMatching(/:7 vms\[0\]\.machine: VM 5001 was made with machine: q35, which stays/),
        ]);
    });

    test("control: the same, or nothing, is none", () => {
        expect(faults("    firmware: uefi\n    secureBoot: true\n    tpm: true\n    machine: q35\n", UEFI)).toEqual([]);
        expect(faults("", UEFI)).toEqual([]);
    });
});

test("its EFI disk and TPM are no drift, and a change of them is told and never undone", () => {
    const substrate = substrateOf(`${smallTenant("grooveiq", 50)}    firmware: uefi\n    tpm: true\n`);
    const firmware = { bios: "ovmf", machine: "q35", efiDisk: { ...disk, keys: true }, tpmState: disk };
    const outputs = { vmid: 5001, template: { boot: "order=scsi0" }, firmware };
    const component = { type: "deevnet:tenant:TenantVm", outputs };
    const steps = [step("same", VM, api, api), { ...step("same", "x"), oldState: component, newState: component }];
    const rows = (settings: Settings) =>
        rowsOf(
            substrate,
            nodeDrift(substrate, steps, [inventoryOf([], { configs: new Map([[5001, settings]]) })], OWN),
        ).map(({ what, settle }) => `${what}: ${settle}`);
    const settings = {
        ...API_SETTINGS,
        ...{ bios: "ovmf", machine: "q35", tpmstate0: "local-lvm:vm-5001-disk-2,size=4M,version=v2.0" },
        efidisk0: "local-lvm:vm-5001-disk-1,efitype=4m,ms-cert=2023k,pre-enrolled-keys=1,size=528K",
    };
    expect(rows(settings)).toEqual([]);
    expect(rows({ ...settings, efidisk0: "local-lvm:vm-5001-disk-1,efitype=4m,size=528K" })).toEqual([
        "VM 5001 api-vm01: disk efidisk0: pre-enrolled-keys: nothing to do: it holds boot entries of the VM, which are lost with it",
    ]);
    expect(rows({ ...settings, bios: "seabios" })).toEqual([
        expect.stringMatching(/^VM 5001 api-vm01: bios: by hand, on the node: qm set 5001 --bios ovmf/),
    ]);
});
