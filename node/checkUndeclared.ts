import type { Fault } from "../definitions/faults";
import { historyOf, type Recorded } from "../state/recorded";
import { tenantOf } from "../substrate/owners";
import type { WorkloadVm } from "../substrate/substrate";
import { diskOptionsText } from "./diskOptions";
import { differencesAt } from "./drift/configuration/compare";
import { declaredSettings } from "./drift/configuration/declared";
import { disksIn, type Guest, type Settings, type TemplateDetails } from "./inventory";
import { faultOf, type Known } from "./known";

/** A disk that QEMU shows to a guest, and that the provider looks at; EFI disk and TPM are none. */
const ATTACHED = /^(scsi|virtio|sata|ide)\d+$/;

type Disk = ReturnType<typeof disksIn>[number];

/** Disks in the settings of a VM, or of its template, that its file does not declare. */
function undeclaredIn(vm: WorkloadVm, settings: Settings): Disk[] {
    const declared = new Set(["scsi0", ...vm.extraDisks.map((disk) => disk.interface)]);
    return disksIn(settings).filter(({ name }) => ATTACHED.test(name) && !declared.has(name));
}

/** Disks that a VM has from its template and that its file never declared, as they were when it was made. */
export function undeclaredSince(vm: WorkloadVm, recorded: Recorded): Disk[] {
    const { template = {}, extraDisks = [] } = historyOf(vm, recorded) ?? {};
    return undeclaredIn(vm, template).filter(({ name }) => !extraDisks.includes(name));
}

/**
 * Disks of a template that a VM's file does not declare. A clone has them, and the provider takes every disk that is not declared out
 * of a VM whose disks change in any way, which no preview shows ("Handle disk deletion", proxmoxtf/resource/vm/vm.go:6489 of bpg
 * v0.111.1).
 */
export function undeclaredDisks(vm: WorkloadVm, { settings, vmid }: TemplateDetails, template: string): Fault[] {
    return undeclaredIn(vm, settings).map((disk) => {
        const { name } = disk;
        const message =
            `${template} has the disk ${name}, which every clone gets and this file does not declare: the next change of any ` +
            `disk would take it out of the VM; ${declare(disk)}as root on the node: qm set ${vmid} --delete ${name}`;
        return faultOf(vm, "disks", message);
    });
}

/**
 * Whether a run may take disks out of a VM that its file does not declare, by what is known without asking the node: its template
 * brought some, or any of its disks changes.
 */
export function mayTakeDisks(vm: WorkloadVm, places: Places): boolean {
    const { disks } = places.recorded.vms.get(vm.vmid) ?? {};
    const settings = Object.entries(disks ?? {}).map(([name, { datastore, sizeGiB, options }]) => [
        name,
        `${datastore}:,size=${sizeGiB}G${diskOptionsText(options)}`,
    ]);
    return (
        undeclaredSince(vm, places.recorded).length > 0 ||
        changesDisks(vm, Object.fromEntries(settings) as Settings, places)
    );
}

/**
 * All disks that a VM on the node has and no file declares, once a run is about to change any disk of it: those of its template, and
 * what somebody attached. Those that its file declared before go on purpose.
 */
export function checkUndeclared(vm: WorkloadVm, { vmid }: Guest, known: Known): Fault[] {
    const config = known.inventory.configs.get(vmid) ?? {};
    const { extraDisks = [] } = historyOf(vm, known.recorded) ?? {};
    const disks = undeclaredIn(vm, config).filter(({ name }) => !extraDisks.includes(name));
    const brought = undeclaredSince(vm, known.recorded).map(({ name }) => name);
    return disks.length === 0 || !changesDisks(vm, config, known)
        ? []
        : disks.map((disk) => {
              const { name } = disk;
              const message =
                  `VM ${vmid} has the disk ${name}${brought.includes(name) ? " from its template" : ""}, which this file does ` +
                  `not declare: a change of its other disks would take it out of the VM; ${declare(disk)}detach it first, ` +
                  `which leaves its volume on the node as an unused disk: qm set ${vmid} --delete ${name}`;
              return faultOf(vm, "disks", message);
          });
}

/** The file's way out, where it has one; the size is the one that counts when it is larger on the node. */
function declare({ name, sizeGiB }: Disk): string {
    const slot = /^scsi([1-9]|[12]\d)$/.exec(name)?.[1];
    return slot === undefined
        ? ""
        : `declare it (disks: [{ slot: ${slot}, size: ${Math.ceil(sizeGiB)}GiB }]), or without it, `;
}

/** Everything that says how a VM's disks are declared. */
type Places = Pick<Known, "substrate" | "hypervisor" | "recorded">;

/** Whether a run writes any disk of a VM: one is not as declared, or one goes. */
function changesDisks(vm: WorkloadVm, settings: Settings, { substrate, hypervisor, recorded }: Places): boolean {
    const { diskOptions, extraDisks = [] } = historyOf(vm, recorded) ?? {};
    const tenant = tenantOf(substrate, vm);
    const declared = declaredSettings({ vm, tenant, hypervisor, ...(diskOptions && { diskOptions }) });
    const names = ["scsi0", ...vm.extraDisks.map((disk) => disk.interface)];
    return (
        extraDisks.some((name) => !names.includes(name)) ||
        names.some((name) => differencesAt(name, declared[name], settings[name]).length > 0)
    );
}
