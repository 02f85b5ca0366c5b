import { VM, vmidOf, type StateResource } from "../state/deployment";
import { historyOf, type Recorded } from "../state/recorded";
import type { Hypervisor, WorkloadVm } from "../substrate/substrate";
import type { Template } from "../substrate/template";
import { templateFor, type Inventory } from "./inventory";

/** The template that a VM stands on, beside the one that it would be cloned from now. */
export interface Standing {
    readonly vm: WorkloadVm;
    /** Template that it was cloned from; without a name where that is gone, missing where nobody knows it. */
    readonly from?: Pick<Template, "vmid"> & { readonly name?: string };
    readonly newest: Template;
    /** missing: the VM is not on its node. unknown: it was taken back into the state, or from a backup, which do not say. */
    readonly stands: "newest" | "older" | "unknown" | "missing";
}

/** Stands in the state for the template of a VM that was taken back into it (state/takenBack.ts). */
const TAKEN_BACK = 100;

/** Stands in a VM's history for a template that nobody knows: that of a backup from before the VM was last made. */
export const UNKNOWN_TEMPLATE: Template = { vmid: TAKEN_BACK, name: "" };

/**
 * Where the VMs of a hypervisor stand.
 *
 * @param resources of the state: a VM that an earlier release made says there which VMID it was cloned from.
 * @throws RangeError where a template cannot be chosen.
 */
export function standingsOn(
    vms: readonly WorkloadVm[],
    hypervisor: Hypervisor,
    inventory: Pick<Inventory, "guests">,
    recorded: Recorded,
    resources: readonly StateResource[],
): Standing[] {
    const machines = new Map(resources.filter(({ type }) => type === VM).map((one) => [vmidOf(one), one]));
    return vms.map((vm) => {
        const newest = templateFor(vm, hypervisor, inventory.guests);
        const machine = machines.get(vm.vmid);
        if (!inventory.guests.has(vm.vmid) || machine === undefined) {
            return { vm, newest, stands: "missing" };
        }
        const known = historyOf(vm, recorded)?.clonedFrom;
        if (known !== undefined && known.vmid <= TAKEN_BACK) {
            return { vm, newest, stands: "unknown" };
        }
        return known === undefined
            ? { vm, newest, ...byState(machine, newest, inventory) }
            : { vm, newest, from: known, stands: isSame(known, newest) ? "newest" : "older" };
    });
}

/** Whether two are one template: a VMID comes back, and so may a name. */
function isSame(a: Template, b: Template): boolean {
    const made = a.created === undefined || b.created === undefined || a.created === b.created;
    return a.vmid === b.vmid && a.name === b.name && made;
}

/** The standing of a VM that an earlier release made, by the VMID of its template and by when both were made. */
function byState(
    machine: StateResource,
    newest: Template,
    { guests }: Pick<Inventory, "guests">,
): Pick<Standing, "from" | "stands"> {
    const vmid = templateIn(machine);
    if (vmid <= TAKEN_BACK) {
        return { stands: "unknown" };
    }
    const { created = "" } = machine;
    const guest = guests.get(vmid);
    const later = guest?.created !== undefined && guest.created * 1000 > Date.parse(created);
    const from = { vmid, ...(guest?.template === true && !later && { name: guest.name }) };
    return { from, stands: vmid === newest.vmid && !later ? "newest" : "older" };
}

/** VMID of the template that a VM was declared as a clone of; 0 where the state does not say. */
function templateIn({ inputs = {} }: StateResource): number {
    const clone = inputs["clone"] as { readonly vmId?: unknown } | undefined;
    return Number(clone?.vmId ?? 0);
}
