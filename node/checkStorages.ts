import type { Fault } from "../definitions/faults";
import { placesOf } from "../substrate/datastores";
import type { WorkloadVm } from "../substrate/substrate";
import { storageOf, type Guest, type Storage } from "./inventory";
import { faultOf, type Known } from "./known";

/** Checks that the node has the storages that disks are to lie on, and can put disks there: one fault for each storage. */
export function checkStorages(
    vms: readonly WorkloadVm[],
    { hypervisor, inventory: { node, storages } }: Pick<Known, "hypervisor" | "inventory">,
): Fault[] {
    if (storages === undefined) {
        return [];
    }
    const first = new Map<string, Fault>();
    for (const vm of vms) {
        for (const { name, datastore } of placesOf(vm)) {
            const wrong = first.has(datastore) ? undefined : wrongWith(datastore, storages, node);
            if (wrong !== undefined) {
                const message = `${wrong}; correct hypervisors.${hypervisor.name}.datastores, or mend it on the node`;
                first.set(datastore, faultOf(vm, keyOfPlace(vm, name), message));
            }
        }
    }
    return [...first.values()];
}

/** PVE lists a storage for whoever may audit it or allocate on it (pve-storage, PVE/API2/Storage/Status.pm, index). */
function wrongWith(datastore: string, storages: readonly Storage[], node: string): string | undefined {
    const found = storages.find(({ storage }) => storage === datastore);
    if (found === undefined) {
        const known = storages.map(({ storage }) => storage).sort();
        return `node ${node} has no storage ${datastore} that the token may see, but ${known.join(", ") || "none at all"}`;
    }
    const { enabled = 1, active = 1, content = "" } = found;
    if (Number(enabled) !== 1) {
        return `storage ${datastore} is disabled on node ${node}`;
    }
    if (Number(active) !== 1) {
        return `storage ${datastore} is not online on node ${node}`;
    }
    const takes = content.split(",");
    return takes.includes("images")
        ? undefined
        : `storage ${datastore} on node ${node} takes no disks of VMs, but ${takes.filter(Boolean).join(", ") || "nothing"} ` +
              `(pvesm set ${datastore} --content images)`;
}

/** Key of a VM that says where one of its disks lies. */
function keyOfPlace(vm: WorkloadVm, name: string): string {
    const own = vm.extraDisks.find((disk) => disk.interface === name);
    return own === undefined || own.datastore === vm.datastore ? "datastore" : "disks";
}

/** The command, for root on the node, that moves a disk of a VM to another storage, also while the VM runs. */
export function moveCommand(vmid: number, disk: string, datastore: string): string {
    return `qm disk move ${vmid} ${disk} ${datastore} --delete 1`;
}

/**
 * A disk goes to another storage. PVE moves it while its VM runs, the provider only while it is off, and it shuts the VM down for
 * that only where it may restart it (vmUpdate of vm.go in bpg v0.111.1). A disk with snapshots stays where it is, since its
 * source is not to be left behind (PVE/API2/Qemu.pm:4738 of qemu-server 8.4.10).
 */
export function checkMovedDisks(vm: WorkloadVm, guest: Guest, { hypervisor, inventory, substrate }: Known): Fault[] {
    const config = inventory.configs.get(vm.vmid) ?? {};
    const moves = placesOf(vm).flatMap(({ name, datastore }) => {
        const lies = config[name] === undefined ? datastore : storageOf(config[name]);
        return lies === datastore ? [] : [{ name, lies, datastore }];
    });
    return moves.flatMap(({ name, lies, datastore }) => {
        const about = `${name} of VM ${vm.vmid} lies on ${lies} of ${hypervisor.name}, and goes to ${datastore}: `;
        const byHand = `${moveCommand(vm.vmid, name, datastore)}, as root on the node, then \`tenants up ${substrate.name}\``;
        const refused =
            config["parent"] !== undefined
                ? `PVE moves no disk with snapshots, of which it has ${String(config["parent"])}: remove them (qm delsnapshot), or ` +
                  `leave the disk on ${lies}`
                : guest.status !== "stopped" && vm.reboot === "never"
                  ? "a run moves disks of a VM that is off. Stop it, set reboot: when-needed, with which the run shuts it down, or " +
                    `move it while it runs: ${byHand}`
                  : undefined;
        return refused === undefined ? [] : [faultOf(vm, keyOfPlace(vm, name), about + refused)];
    });
}
