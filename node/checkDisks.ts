import type { Fault } from "../definitions/faults";
import { historyOf } from "../state/recorded";
import type { WorkloadVm } from "../substrate/substrate";
import { isProtected } from "./guards";
import type { Guest } from "./inventory";
import { faultOf, type Known } from "./known";

/** No disk becomes smaller. */
export function checkDisks(vm: WorkloadVm, guest: Guest): Fault[] {
    const system =
        guest.systemDiskGiB > vm.diskGiB ? [faultOf(vm, "disk", shrinks(vm.diskGiB, guest.systemDiskGiB))] : [];
    const extra = vm.extraDisks.flatMap(({ interface: name, sizeGiB }) => {
        const now = guest.extraDisks[name] ?? 0;
        return now > sizeGiB ? [faultOf(vm, "disks", `${name}: ${shrinks(sizeGiB, now)}`)] : [];
    });
    return [...system, ...extra];
}

function shrinks(declared: number, now: number): string {
    return `${declared}GiB is less than the ${now}GiB on the node, and a disk only grows; allowed: ${Math.ceil(now)}GiB or more`;
}

/**
 * A disk that was detached by hand holds data, so no new one takes its place; and the provider, which loses its name,
 * updates the VM no more until it is back.
 */
export function checkDetached(vm: WorkloadVm, guest: Guest, { substrate, hypervisor, recorded }: Known): Fault[] {
    const had = historyOf(vm, recorded)?.extraDisks ?? [];
    const gone = had.filter((name) => guest.extraDisks[name] === undefined);
    const volume = guest.unused.length === 1 ? guest.unused[0]! : `<its volume: ${guest.unused.join(" or ")}>`;
    return vm.extraDisks
        .filter(({ interface: name }) => gone.includes(name))
        .map(({ interface: name }) => {
            const message =
                `${name} of VM ${vm.vmid} was detached on ${hypervisor.name} by hand, and holds data: attach it again ` +
                `(qm set ${vm.vmid} --${name} ${volume}), then \`tenants recover ${substrate.name}\``;
            return faultOf(vm, "disks", message);
        });
}

/**
 * A disk that comes in the place of one that goes would carry its data: the provider keeps a disk's volume by its place in the
 * list (path_in_datastore in disk.go of bpg v0.111.1), and attaches it under the new name. In runs of their own the new one is
 * empty.
 */
export function checkMoved(vm: WorkloadVm, _: Guest, { substrate, inventory, recorded }: Known): Fault[] {
    const { gone, fresh } = changedDisks(vm, recorded);
    if (gone.length === 0 || fresh.length === 0) {
        return [];
    }
    const config = inventory.configs.get(vm.vmid) ?? {};
    const [name] = gone;
    const volume = String(config[name!] ?? "").split(",")[0] || "its volume";
    const message =
        `${fresh.join(", ")} of VM ${vm.vmid} is new while ${gone.join(", ")} goes: in one run the new disk would carry the old ` +
        `data (${volume}). Take ${name} out and \`tenants up ${substrate.name}\` first, which leaves ${volume} as an unused disk; ` +
        `then add ${fresh[0]}, which is empty. To move the data: qm set ${vm.vmid} --delete ${name}, then ` +
        `qm set ${vm.vmid} --${fresh[0]} ${volume}, then \`tenants recover ${substrate.name}\``;
    return [faultOf(vm, "disks", message)];
}

/** PVE takes no disk out of a VM that it protects, also where the same request lifts the protection (PVE/API2/Qemu.pm:2242). */
export function checkProtected(vm: WorkloadVm, _: Guest, { substrate, inventory, recorded }: Known): Fault[] {
    const { gone } = changedDisks(vm, recorded);
    if (gone.length === 0 || !isProtected(inventory.configs.get(vm.vmid))) {
        return [];
    }
    const message =
        `${gone.join(", ")} of VM ${vm.vmid} goes, and PVE protects the VM and its disks. It takes two runs: leave the disk in, ` +
        `${vm.protection ? "set protection: false" : "with protection: false"}, and \`tenants up ${substrate.name}\`; then take the ` +
        "disk out";
    return [faultOf(vm, "disks", message)];
}

/** Disks beside the system disk that are no more declared, and those that were not before. */
function changedDisks(vm: WorkloadVm, recorded: Known["recorded"]): { gone: string[]; fresh: string[] } {
    const had = historyOf(vm, recorded)?.extraDisks ?? [];
    const now = vm.extraDisks.map(({ interface: name }) => name);
    return { gone: had.filter((name) => !now.includes(name)), fresh: now.filter((name) => !had.includes(name)) };
}
