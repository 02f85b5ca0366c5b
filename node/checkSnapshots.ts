import type { Fault } from "../definitions/faults";
import { asksRebuild, movesDisk } from "../state/recorded";
import { placesOf } from "../substrate/datastores";
import type { WorkloadVm } from "../substrate/substrate";
import { storageOf, type Guest } from "./inventory";
import { faultOf, type Known } from "./known";

/** A VM whose file asks for snapshots and whose disks can have none, nor go elsewhere in this run: told before anything is touched. */
export function checkSnapshots(vm: WorkloadVm, _: Guest, { hypervisor, inventory, recorded }: Known): Fault[] {
    const cannot = inventory.snapshotable?.get(vm.vmid) === false && !movesDisk(vm, recorded);
    if (vm.snapshot === undefined || !cannot) {
        return [];
    }
    const config = inventory.configs.get(vm.vmid) ?? {};
    const disks = Object.entries(config)
        .filter(([name, drive]) => DISK.test(name) && !/\bmedia=cdrom\b|^none\b/.test(String(drive)))
        .map(([name, drive]) => `${name} on ${storageOf(drive)}`);
    return [
        faultOf(vm, "snapshot", `VM ${vm.vmid} on ${hypervisor.name} can have none: ${disks.join(", ")}. ${WHERE}`),
    ];
}

const DISK = /^(scsi|virtio|sata|ide|efidisk|tpmstate)\d+$/;

/** Storages of which no volume of a new VM can have a snapshot (see canHaveSnapshot). */
const WITHOUT = ["iscsi", "iscsidirect", "lvm"];

/** Kinds of storages and formats, and the ways out. */
const WHERE =
    "PVE takes a snapshot only where all disks can have one: on LVM-thin, ZFS, Btrfs and Ceph, and as qcow2 in files, not raw in files nor on " +
    "thick LVM. Move the disks (`datastore`), or set snapshot: never and have backups (docs/backups.md)";

/** A VM that is not made yet, and whose storages have no snapshots. */
export function checkNewSnapshots(vms: readonly WorkloadVm[], { hypervisor, inventory }: Known): Fault[] {
    const kinds = new Map((inventory.storages ?? []).map(({ storage, type }) => [storage, type ?? ""]));
    return vms
        .filter(({ snapshot, vmid }) => snapshot !== undefined && !inventory.guests.has(vmid))
        .flatMap((vm) => {
            const wrong = placesOf(vm).filter(({ datastore }) => WITHOUT.includes(kinds.get(datastore) ?? ""));
            const told = wrong.map(({ name, datastore }) => `${name} on ${datastore} (${kinds.get(datastore)})`);
            const message = `VM ${vm.vmid} on ${hypervisor.name} could have none: ${told.join(", ")}. ${WHERE}`;
            return wrong.length === 0 ? [] : [faultOf(vm, "snapshot", message)];
        });
}

/**
 * A rebuild deletes a VM with its snapshots, so that the run backs one up whose file asks for them; there must be a place for it. A
 * rotation does so itself.
 */
export function checkKeptByBackup(vm: WorkloadVm, { hypervisor, recorded }: Known): Fault[] {
    if (!backsUpFirst(vm) || !asksRebuild(vm, recorded) || hypervisor.backup !== undefined) {
        return [];
    }
    const message =
        "a new word deletes the VM with its snapshots, so that the run would back it up first, and " +
        `hypervisors.${hypervisor.name}.backup does not say where to; set it, such as local, and grant what \`tenants role\` prints then, ` +
        "or set snapshot: never";
    return [faultOf(vm, "rebuild", message)];
}

/** Whether a run backs a VM up before it deletes it for its rebuild. */
export function backsUpFirst({ snapshot, rotation }: WorkloadVm): boolean {
    return snapshot !== undefined && rotation === undefined;
}
