import type { Fault } from "../definitions/faults";
import { isQ35, needsQ35 } from "../substrate/check/devices";
import { hasDevices, mappingsOf, type MappingKind } from "../substrate/devices";
import type { WorkloadVm } from "../substrate/substrate";
import { suggestion } from "../definitions/suggest";
import { machineOf } from "./firmware";
import { runs } from "./guestState";
import type { Guest, Settings, TemplateDetails } from "./inventory";
import { faultOf, type Known } from "./known";
import { mappingIn, mappingKindOf, type Mapping } from "./mappings";
import { propertiesIn } from "./nics";

const NAMES: Readonly<Record<MappingKind, string>> = { pci: "PCI", usb: "USB" };

/** Checks that the node has the devices that its VMs are to have, and as many as they want: one fault for each mapping. */
export function checkMappings(vms: readonly WorkloadVm[], known: Known): Fault[] {
    return (["pci", "usb"] as const).flatMap((kind) =>
        mappingsOf(kind, vms).flatMap((name) => {
            const users = vms.filter(({ devices }) => devices[kind].some(({ mapping }) => mapping === name));
            const wrong = wrongWith(kind, name, known) ?? tooFew(kind, name, users, known);
            return wrong === undefined ? [] : [faultOf(users[0]!, "devices", wrong)];
        }),
    );
}

function wrongWith(kind: MappingKind, name: string, { inventory }: Known): string | undefined {
    const { node, mappings } = inventory;
    const found = mappings?.[kind].get(name);
    if (mappings === undefined || (found !== undefined && found.devices > 0 && found.faults.length === 0)) {
        return undefined;
    }
    const what = `${NAMES[kind]} mapping ${name}`;
    if (found === undefined) {
        const others = [...mappings[kind].keys()].sort();
        const known = others.length === 0 ? "and no other" : `but ${others.join(", ")}`;
        return (
            `node ${node} has no ${what} that the token may see, ${known}${suggestion(name, others)}; to make it, as root on the ` +
            `node: ${mappingCommand("create", kind, name, node)}`
        );
    }
    return found.devices === 0
        ? `the ${what} has no device on node ${node}; as root on the node: ${mappingCommand("set", kind, name, node)}`
        : `the ${what} is not as the hardware of node ${node}, and no VM with it would start: ${found.faults.join("; ")}; correct it ` +
              "under Datacenter, Resource Mappings";
}

/** The command that makes a mapping, or gives one a device, with the places where the device's own values belong. */
function mappingCommand(verb: "create" | "set", kind: MappingKind, name: string, node: string): string {
    const device = kind === "pci" ? "path=<0000:01:00.0>,id=<vendor:device>,iommugroup=<group>" : "id=<vendor:product>";
    const values = `pvesh get /nodes/${node}/hardware/${kind} tells them`;
    const path = verb === "create" ? `/cluster/mapping/${kind} --id ${name}` : `/cluster/mapping/${kind}/${name}`;
    return `pvesh ${verb} ${path} --map node=${node},${device} (${values})`;
}

/**
 * PVE starts no VM whose PCI device another one that runs has (reserve_pci_usage, src/PVE/QemuServer/PCI.pm:826 of qemu-server
 * 8.4.10), and a USB mapping is one device (src/PVE/QemuServer/USB.pm:96), which one guest at a time can hold.
 */
function tooFew(
    kind: MappingKind,
    name: string,
    users: readonly WorkloadVm[],
    { hypervisor, inventory }: Known,
): string | undefined {
    const { devices } = inventory.mappings?.[kind].get(name) ?? ({ devices: Infinity } as Mapping);
    const own = users.flatMap((vm) =>
        vm.devices[kind].filter(({ mapping }) => mapping === name).map(() => `${vm.name} (${vm.vmid})`),
    );
    const others = [...inventory.guests.values()].filter(
        (guest) => runs(guest) && !users.some(({ vmid }) => vmid === guest.vmid),
    );
    const foreign = others.flatMap((guest) =>
        held(kind, name, inventory.configs.get(guest.vmid)).map(() => `${guest.name} (${guest.vmid}, which runs)`),
    );
    const all = [...own, ...foreign];
    return all.length <= devices
        ? undefined
        : `the ${NAMES[kind]} mapping ${name} has ${devices === 1 ? "1 device" : `${devices} devices`} on ${hypervisor.name}, and ` +
              `${all.length} are wanted: ${all.join(", ")}; a device is one running VM's alone. Take it from all but ${devices}`;
}

/** Settings of a guest that have a device of a mapping. */
function held(kind: MappingKind, name: string, settings: Settings = {}): string[] {
    return Object.keys(settings).filter((key) => mappingKindOf(key) === kind && mappingIn(key, settings[key]) === name);
}

/**
 * Devices of a VM that is there: a PCI Express device by the machine that it has, and in the place of a declared one none that PVE
 * keeps the token from changing (check_hostpci_perm and check_usb_perm, PVE/API2/Qemu.pm:836, 872 of qemu-server 8.4.10).
 */
export function checkDevices(vm: WorkloadVm, { vmid }: Guest, { inventory }: Known): Fault[] {
    const config = inventory.configs.get(vmid);
    if (config === undefined || !hasDevices(vm.devices)) {
        return [];
    }
    const taken = [...vm.devices.pci, ...vm.devices.usb].flatMap(({ key }) => {
        const why = config[key] === undefined ? undefined : outOfReach(key, config[key], inventory.mappings);
        const message =
            `VM ${vmid} has ${key} (${config[key]}), ${why}; take it out first, as root on the node: ` +
            `qm set ${vmid} --delete ${key}`;
        return why === undefined ? [] : [faultOf(vm, "devices", message)];
    });
    return [...checkMachine(vm, config), ...taken];
}

function outOfReach(key: string, value: string | number, mappings: Known["inventory"]["mappings"]): string | undefined {
    const { host, mapping } = propertiesIn(value, "host");
    if (mapping !== undefined) {
        return mappings?.[mappingKindOf(key)!].has(mapping) === false
            ? "of a mapping that the token may not use"
            : undefined;
    }
    return host === "spice" ? undefined : "which only root may change";
}

/** PCI Express devices of a VM without the bus for them, by the settings of the VM or of its template. */
function checkMachine(vm: WorkloadVm, settings: Settings): Fault[] {
    const machine = vm.firmware.machine ?? machineOf(settings);
    return vm.devices.pci.some(({ pcie }) => pcie) && !isQ35(machine)
        ? [faultOf(vm, "devices", needsQ35(machine))]
        : [];
}

/**
 * Devices of a template, of which a clone has every one: PVE makes no clone for who may not use their mappings (check_mapping_access,
 * PVE/QemuServer.pm:7014 of qemu-server 8.4.10), and a token may those that files declare. A directory of the host and its random
 * number generator no file can declare.
 */
export function checkTemplateDevices(vm: WorkloadVm, { settings, vmid }: TemplateDetails, template: string): Fault[] {
    const declared = new Map([...vm.devices.pci, ...vm.devices.usb].map(({ key, mapping }) => [key, mapping]));
    const undeclared = Object.entries(settings).flatMap(([key, value]) => {
        const mapping = mappingIn(key, value);
        const kind = mappingKindOf(key);
        if (mapping !== undefined && declared.get(key) !== mapping) {
            const way = `declare it in its place (devices: [{ ${kind}: ${mapping} }]), or without it, `;
            return [{ key, what: `${key} of the mapping ${mapping}`, path: `/mapping/${kind}/${mapping}`, way }];
        }
        return needsMapping(key, value).map((path) => ({ key, what: key, path, way: "" }));
    });
    return [
        ...checkMachine(vm, settings),
        ...undeclared.map(({ key, what, path, way }) =>
            faultOf(
                vm,
                "devices",
                `${template} has ${what}, which every clone gets and this file does not declare: PVE makes none without ` +
                    `Mapping.Use on ${path}; ${way}as root on the node: qm set ${vmid} --delete ${key}`,
            ),
        ),
    ];
}

/** Path of the mapping that a setting asks for, of those that no file can declare; none for any other. */
function needsMapping(key: string, value: string | number | undefined): string[] {
    const text = value ?? "";
    if (/^virtiofs\d+$/.test(key)) {
        return [`/mapping/dir/${propertiesIn(text, "dirid")["dirid"]}`];
    }
    return /^rng\d+$/.test(key) && propertiesIn(text, "source")["source"] === "/dev/hwrng" ? ["/mapping/hwrng"] : [];
}
