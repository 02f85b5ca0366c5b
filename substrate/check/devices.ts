import type { DeviceDefinition, VmDefinition } from "../../definitions/definitions";
import type { Fault } from "../../definitions/faults";
import { faultAt, type CheckedTenant } from "../../definitions/places";
import { USB_DEVICES } from "../devices";

/** Checks what the devices of a VM say together, and with its other keys. */
export function checkDevices(tenant: CheckedTenant, index: number, vm: VmDefinition): Fault[] {
    const at = (message: string, ...path: (string | number)[]) => faultAt(tenant, ["vms", index, ...path], message);
    const usb = vm.devices.filter((device) => device.usb !== undefined).length;
    const pinned = vm.devices.some(({ pci }) => pci !== undefined) && vm.balloon !== undefined;
    return [
        ...vm.devices.flatMap((device, place) => wrongWith(device, vm).map((one) => at(one, "devices", place))),
        ...(usb > USB_DEVICES ? [at(`${usb} USB devices; at most ${USB_DEVICES} are allowed`, "devices")] : []),
        ...(pinned ? [at(PINNED, "balloon")] : []),
    ];
}

/**
 * VFIO keeps all memory of a VM in place, for its device reads and writes it, and QEMU's balloon gives nothing back then
 * (hw/vfio/container.c, ram_block_uncoordinated_discard_disable; hw/virtio/virtio-balloon.c, virtio_balloon_inhibited).
 */
const PINNED =
    "a VM with a PCI device keeps all of its memory, of which ballooning gives nothing back; leave balloon out";

function wrongWith({ pci, usb, pcie, rombar, primary }: DeviceDefinition, { machine }: VmDefinition): string[] {
    if ((pci === undefined) === (usb === undefined)) {
        return ["a device is one of pci and usb, each with the name of a mapping; for example pci: gpu0"];
    }
    const options = [pcie && "pcie", !rombar && "rombar", primary && "primary"].filter((one) => one !== false);
    if (usb !== undefined && options.length > 0) {
        return [`${options.join(" and ")} ${options.length > 1 ? "are" : "is"} of PCI devices alone; leave it out`];
    }
    return pcie && machine !== undefined && !isQ35(machine) ? [needsQ35(machine)] : [];
}

/** Whether a machine type has a PCI Express bus (machine_type_is_q35, src/PVE/QemuServer/Machine.pm of qemu-server 8.4.10). */
export function isQ35(machine: string): boolean {
    return machine.includes("q35");
}

/** PVE refuses to start such a VM (src/PVE/QemuServer/PCI.pm:501 of qemu-server 8.4.10). */
export function needsQ35(machine: string): string {
    return `pcie needs the machine type q35, and the VM has ${machine}: set machine: q35, or leave pcie out`;
}
