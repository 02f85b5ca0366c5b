import { formatFault, type DefinitionError } from "../../definitions/faults";
import { checkNode } from "../../node/checkNode";
import { configurationFindings } from "../../node/drift/configuration";
import type { ConfiguredVm } from "../../node/drift/configuration/declared";
import { readMappings, type Mappings } from "../../node/mappings";
import { surveyParts } from "../../node/read";
import { growsFirst } from "../../node/restart";
import { restartSettingsOf } from "../../state/recorded";
import { grantsOf } from "../../substrate/role";
import type { Guest, Settings } from "../../node/inventory";
import { inventoryOf, removeProjects, SMALL_GUEST, smallTenant, templateGuest } from "../fixtures";
import { RECORDED, substrateOf, TEMPLATE } from "./checkedNode";

afterAll(removeProjects);

const GPU = "    devices: [{ pci: gpu0 }]\n";
const file = (lines: string) => `${smallTenant("grooveiq", 50)}${lines}`;

/** Mappings as a node has them: the devices of each on it, or what is wrong with it. */
function mappings(pci: Record<string, number | string> = {}, usb: Record<string, number> = {}): Mappings {
    const of = (known: Record<string, number | string>) =>
        new Map(
            Object.entries(known).map(([name, one]) => [
                name,
                typeof one === "number" ? { devices: one, faults: [] } : { devices: 1, faults: [one] },
            ]),
        );
    return { pci: of(pci), usb: of(usb) };
}

interface Given {
    readonly mappings?: Mappings;
    /** Settings of VM 5001, where it is on the node. */
    readonly config?: Settings;
    readonly template?: Settings;
    readonly others?: readonly (readonly [Guest, Settings])[];
}

function faults(lines: string, given: Given): string[] {
    const substrate = substrateOf(file(lines));
    const { config, template = {}, others = [] } = given;
    const details = { ...TEMPLATE, settings: template };
    const guests = [
        ...(config ? [SMALL_GUEST] : []),
        ...others.map(([guest]) => guest),
        templateGuest(103, TEMPLATE.name),
    ];
    const inventory = inventoryOf(guests, {
        templates: new Map([[103, details]]),
        configs: new Map([[5001, config ?? {}], ...others.map(([{ vmid }, one]) => [vmid, one] as const)]),
        ...(given.mappings && { mappings: given.mappings }),
    });
    const recorded = config ? RECORDED : { ...RECORDED, vms: new Map(), history: new Map() };
    return checkNode(substrate, substrate.hypervisors[0]!, inventory, recorded).map(formatFault);
}

describe("what a file says", () => {
    const said = (lines: string) => {
        try {
            substrateOf(file(lines));
            return [];
        } catch (error) {
            return (error as DefinitionError).message.split("\n");
        }
    };

    test.each([
        [
            "    devices: [{ pci: '0000:01:00.0' }]\n",
            /only root may give a VM a device itself.*pvesh create \/cluster\/mapping\/pci --id gpu0 --map node=NODE/,
        ],
        ["    devices: [{ usb: '1-2' }]\n", /only root may .*pvesh create \/cluster\/mapping\/usb/],
        ["    devices: [{ pcie: true }]\n", /vms\[0\]\.devices\[0\]: a device is one of pci and usb/],
        ["    devices: [{ pci: gpu0, usb: stick }]\n", /a device is one of pci and usb/],
        [
            "    devices: [{ usb: stick, primary: true, rombar: false }]\n",
            /rombar and primary are of PCI devices alone/,
        ],
        [
            "    machine: pc\n    devices: [{ pci: gpu0, pcie: true }]\n",
            /pcie needs the machine type q35, and the VM has pc/,
        ],
        [
            "    balloon: 1GiB\n    devices: [{ pci: gpu0 }]\n",
            /vms\[0\]\.balloon: a VM with a PCI device keeps all of its memory/,
        ],
        [`    devices: [${"{ usb: stick }, ".repeat(5)}]\n`, /5 USB devices; at most 4 are allowed/],
    ])("is refused: %j", (lines, message) => {
        expect(said(lines)).toEqual([expect.stringMatching(message)]);
    });

    test("controls: a device of q35, and ballooning beside a USB device", () => {
        expect(
            said("    machine: q35\n    devices: [{ pci: gpu0, pcie: true, primary: true }, { usb: stick }]\n"),
        ).toEqual([]);
        expect(said("    balloon: 1GiB\n    devices: [{ usb: stick }]\n")).toEqual([]);
    });
});

test("the token gets Mapping.Use on the mappings that files name, and on no other", () => {
    const asked = (lines: string) => {
        const substrate = substrateOf(file(lines));
        const grants = grantsOf(substrate, substrate.hypervisors[0]!).filter(({ role }) => role === "DeevnetDevices");
        return grants.map(({ path, privileges, propagate }) => ({ path, privileges, propagate }));
    };
    const grant = (path: string) => ({ path, privileges: ["Mapping.Use"], propagate: false });
    const two = "    devices: [{ pci: gpu1 }, { usb: zigbee }, { pci: gpu0 }, { pci: gpu1 }]\n";
    expect(asked(two)).toEqual(["pci/gpu0", "pci/gpu1", "usb/zigbee"].map((name) => grant(`/mapping/${name}`)));
    expect(asked("")).toEqual([]);
});

describe("mappings of the node", () => {
    test("are read with what the node says of its hardware", async () => {
        const map = ["node=pve2,path=0000:01:00.0,id=10de:1b80", "node=pve9,path=0000:02:00.0,id=10de:1b80"];
        const answers: Record<string, unknown> = {
            "/cluster/mapping/pci?check-node=pve2": [
                { id: "gpu0", map, checks: [] },
                {
                    id: "far",
                    map: map.slice(1),
                    checks: [{ severity: "warning", message: "No mapping for node pve2." }],
                },
                { id: "bad", map, checks: [{ severity: "error", message: "Invalid configuration: x\n" }] },
            ],
            "/cluster/mapping/usb?check-node=pve2": [{ id: "stick", map: ["node=pve2,id=1050:0407"], errors: [] }],
        };
        const read = await readMappings({ get: <T>(path: string) => Promise.resolve(answers[path] as T) }, "pve2");
        const bad = { devices: 1, faults: ["Invalid configuration: x"] };
        const [one, none] = [1, 0].map((devices) => ({ devices, faults: [] }));
        expect(read).toEqual({
            pci: new Map([
                ["gpu0", one],
                ["far", none],
                ["bad", bad],
            ]),
            usb: new Map([["stick", one]]),
        });
    });

    test("are asked for where a file names one alone", () => {
        const parts = (lines: string) => {
            const substrate = substrateOf(file(lines));
            return surveyParts(substrate, substrate.hypervisors[0]!, RECORDED).mappings;
        };
        expect([parts(GPU), parts("")]).toEqual([true, false]);
    });

    test.each([
        [
            mappings({ gpu1: 1 }),
            /node pve2 has no PCI mapping gpu0 that the token may see, but gpu1.*pvesh create \/cluster\/mapping\/pci --id gpu0 --map node=pve2/,
        ],
        [mappings({}, { gpu0: 1 }), /no PCI mapping gpu0 .*and no other/],
        [
            mappings({ gpu0: 0 }),
            /has no device on node pve2; .*pvesh set \/cluster\/mapping\/pci\/gpu0 --map node=pve2/,
        ],
        [
            mappings({ gpu0: "pci device '0000:01:00.0' not found" }),
            /is not as the hardware of node pve2.*0000:01:00\.0' not found/,
        ],
    ])("that are not there, or not as the hardware, are refused: %#", (known, message) => {
        expect(faults(GPU, { mappings: known })).toEqual([expect.stringMatching(message)]);
        expect(faults(GPU, { mappings: mappings({ gpu0: 1 }) })).toEqual([]);
    });

    test("with fewer devices than VMs want are refused by the VMs' names", () => {
        const two = `${GPU}  - name: second\n    instance: 2\n${GPU}`;
        expect(faults(two, { mappings: mappings({ gpu0: 1 }) })).toEqual([
            expect.stringMatching(/gpu0 has 1 device on hv02, and 2 are wanted: api-vm01 \(5001\), second \(5002\)/),
        ]);
        expect(faults(two, { mappings: mappings({ gpu0: 2 }) })).toEqual([]);
    });

    test("whose device a guest of somebody else's runs with, too; one that is stopped leaves it", () => {
        const guest = (status: string) => ({
            ...SMALL_GUEST,
            vmid: 110,
            name: "pihole",
            pool: "others",
            tags: [],
            status,
        });
        const given = (status: string) => ({
            mappings: mappings({ gpu0: 1 }),
            others: [[guest(status), { hostpci3: "mapping=gpu0,pcie=1" }] as const],
        });
        expect(faults(GPU, given("running"))).toEqual([
            expect.stringMatching(/2 are wanted: api-vm01 \(5001\), pihole \(110, which runs\)/),
        ]);
        expect(faults(GPU, given("stopped"))).toEqual([]);
    });
});

describe("a VM that is there", () => {
    const known = mappings({ gpu0: 1 });

    test.each([
        [
            { hostpci0: "0000:01:00.0,pcie=1" },
            /has hostpci0 \(0000:01:00\.0,pcie=1\), which only root may change; .*qm set 5001 --delete hostpci0/,
        ],
        [{ hostpci0: "mapping=other" }, /of a mapping that the token may not use; take it out first/],
    ])("keeps the token from a device in a declared one's place: %j", (config, message) => {
        expect(faults(GPU, { mappings: known, config })).toEqual([expect.stringMatching(message)]);
        expect(faults(GPU, { mappings: known, config: { hostpci0: "mapping=gpu0" } })).toEqual([]);
    });

    test("has the bus for PCI Express by its own machine, and a new one by its template's", () => {
        const pcie = "    devices: [{ pci: gpu0, pcie: true }]\n";
        const needs = [expect.stringMatching(/vms\[0\]\.devices: pcie needs the machine type q35, and the VM has pc/)];
        expect(faults(pcie, { mappings: known, config: {} })).toEqual(needs);
        expect(faults(pcie, { mappings: known, template: {} })).toEqual(needs);
        expect(faults(pcie, { mappings: known, config: { machine: "pc-q35-9.2+pve1" } })).toEqual([]);
        expect(faults(pcie, { mappings: known, template: { machine: "q35" } })).toEqual([]);
        expect(faults(`    machine: q35\n${pcie}`, { mappings: known, template: {} })).toEqual([]);
    });

    test("counts a device from its next start, so that a disk grows first", () => {
        const [before, after] = ["", GPU].map(
            (lines) => substrateOf(file(`    disk: 33GiB\n${lines}`)).tenants[0]!.vms[0]!,
        );
        const had = (vm: typeof before) => ({
            ...RECORDED,
            history: new Map([
                ["grooveiq-api-vm01", { generation: 1, rebuild: "", restartSettings: restartSettingsOf(vm!) }],
            ]),
        });
        const guest = { ...SMALL_GUEST, status: "running", systemDiskGiB: 32 };
        expect([growsFirst(after!, guest, had(before)), growsFirst(before!, guest, had(after))]).toEqual([true, true]);
        expect(growsFirst(after!, guest, had(after)) || "devices" in restartSettingsOf(before!)).toBe(false);
    });
});

describe("a template with a device", () => {
    const known = mappings({ gpu0: 1, gpu1: 1 }, { stick: 1 });
    const told = (key: string, path: string): unknown =>
        expect.stringMatching(
            `has ${key}.*which every clone gets and this file does not declare: PVE makes none without Mapping.Use on ${path}; .*qm set 103 --delete ${key}`,
        );

    test.each([
        ["", { hostpci0: "mapping=gpu0,pcie=1" }, [told("hostpci0", "/mapping/pci/gpu0")]],
        [
            GPU,
            { hostpci0: "mapping=gpu1", usb2: "mapping=stick" },
            [told("hostpci0", "/mapping/pci/gpu1"), told("usb2", "/mapping/usb/stick")],
        ],
        [
            "",
            { virtiofs0: "dirid=media,cache=auto", rng0: "source=/dev/hwrng" },
            [told("virtiofs0", "/mapping/dir/media"), told("rng0", "/mapping/hwrng")],
        ],
    ])("that the file does not declare is refused by name: %j, %j", (lines, template, wanted) => {
        expect(faults(lines, { mappings: known, template })).toEqual(wanted);
    });

    test("is taken over where the file declares it; others need no mapping", () => {
        expect(faults(GPU, { mappings: known, template: { hostpci0: "mapping=gpu0" } })).toEqual([]);
        expect(faults("", { mappings: known, template: { usb0: "spice", rng0: "source=/dev/urandom" } })).toEqual([]);
    });
});

describe("drift", () => {
    function findings(lines: string, settings: Settings, template?: Settings) {
        const { tenants, hypervisors } = substrateOf(file(lines));
        const [tenant] = tenants;
        const vm: ConfiguredVm = {
            ...{ vm: tenant!.vms[0]!, tenant: tenant!, hypervisor: hypervisors[0]!, settings },
            named: { tenant: "grooveiq", node: "pve2", vmid: 5001, name: "api-vm01", vm: tenant!.vms[0]! },
            ...{ told: new Set<string>(), written: new Set<string>(), ...(template && { template }) },
        };
        return configurationFindings(vm)
            .filter(({ field = "" }) => /^(hostpci|usb)/.test(field))
            .map(({ field, declared, found, settle }) => {
                // A device that was put in by hand is accepted by the file's key.
                expect(settle).toMatchObject({ by: "command", accept: { key: "devices" } });
                return [field, declared, found, settle.by];
            });
    }

    test("of a device by hand, and of one that was taken out, but not of how PVE writes one", () => {
        const declared = "mapping=gpu0,pcie=0,rombar=1,x-vga=0";
        expect(findings(GPU, { hostpci0: "pcie=0,mapping=gpu0" })).toEqual([]);
        expect(findings(GPU, { hostpci0: "mapping=gpu0,pcie=1" })).toEqual([
            ["hostpci0", declared, "mapping=gpu0,pcie=1", "command"],
        ]);
        expect(findings(GPU, {})).toEqual([["hostpci0", declared, undefined, "command"]]);
        expect(findings("", { hostpci0: "mapping=gpu0", usb0: "mapping=stick" })).toEqual([
            ["hostpci0", undefined, "mapping=gpu0", "command"],
            ["usb0", undefined, "mapping=stick", "command"],
        ]);
    });

    test("tells of none that the template brought and the file gave up", () => {
        const template = { hostpci0: "mapping=gpu0", usb0: "spice" };
        expect(findings("", { usb0: "spice" }, template)).toEqual([]);
        expect(findings("", {}, template)).toEqual([["usb0", "spice", undefined, "command"]]);
    });
});
