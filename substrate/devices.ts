import type { DeviceDefinition } from "../definitions/definitions";

/** Devices of the host that a VM has by the node's mappings, in the order of its file. */
export interface Devices {
    readonly pci: readonly PciDevice[];
    readonly usb: readonly UsbDevice[];
}

/** A USB device: `key` is PVE's setting, such as usb0, and `mapping` the name of its mapping. */
export interface UsbDevice {
    readonly key: string;
    readonly mapping: string;
}

/** A PCI device; `key` is hostpci0 and so on. */
export interface PciDevice extends UsbDevice {
    readonly pcie: boolean;
    readonly rombar: boolean;
    /** Whether it is the VM's primary GPU. */
    readonly primary: boolean;
}

/** Kinds of mappings as PVE names them. */
export type MappingKind = keyof Devices;

/** How many USB devices the provider knows of one VM (maxResourceVirtualEnvironmentVMHostUSBDevices of vm.go in bpg v0.111.1). */
export const USB_DEVICES = 4;

/** The devices of a VM's file, each with its place. */
export function devicesOf(definitions: readonly DeviceDefinition[]): Devices {
    const named = (kind: MappingKind) =>
        definitions.flatMap(({ [kind]: mapping, ...options }) => (mapping === undefined ? [] : [{ mapping, options }]));
    return {
        pci: named("pci").map(({ mapping, options: { pcie, rombar, primary } }, at) => ({
            ...{ key: `hostpci${at}`, mapping, pcie, rombar, primary },
        })),
        usb: named("usb").map(({ mapping }, at) => ({ key: `usb${at}`, mapping })),
    };
}

/** Whether a VM's file gives it any device. */
export function hasDevices({ pci, usb }: Devices): boolean {
    return pci.length + usb.length > 0;
}

/** Names of the mappings of a kind that VMs ask for, each once. */
export function mappingsOf(kind: MappingKind, vms: readonly { readonly devices: Devices }[]): string[] {
    return [...new Set(vms.flatMap(({ devices }) => devices[kind].map(({ mapping }) => mapping)))].sort();
}

/** Settings of the devices as the provider writes them, by PVE's names. */
export function deviceSettings({ pci, usb }: Devices): Readonly<Record<string, string>> {
    return Object.fromEntries([
        ...pci.map(({ key, mapping, pcie, rombar, primary }) => [
            key,
            `mapping=${mapping},pcie=${Number(pcie)},rombar=${Number(rombar)},x-vga=${Number(primary)}`,
        ]),
        ...usb.map(({ key, mapping }) => [key, `mapping=${mapping}`]),
    ]) as Record<string, string>;
}
