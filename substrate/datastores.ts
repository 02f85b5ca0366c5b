import type { WorkloadVm } from "./substrate";

/** Disks of a VM with the PVE storages that they lie on, its system disk first. */
export function placesOf({
    datastore,
    extraDisks,
}: WorkloadVm): { readonly name: string; readonly datastore: string }[] {
    return [
        { name: "scsi0", datastore },
        ...extraDisks.map((disk) => ({ name: disk.interface, datastore: disk.datastore })),
    ];
}

/** PVE storages that the disks of a VM lie on, each once. */
export function datastoresOf(vm: WorkloadVm): string[] {
    return [...new Set(placesOf(vm).map(({ datastore }) => datastore))];
}
