import { isCloned, type Recorded } from "../state/recorded";
import type { Hypervisor, Substrate, WorkloadVm } from "../substrate/substrate";
import { asksProcess } from "./addressFilter";
import { templateFor } from "./inventory";
import type { Parts } from "./read";

/** VMs that the files put on a hypervisor. */
export function vmsOn({ tenants }: Substrate, { name }: Hypervisor): WorkloadVm[] {
    return tenants.filter(({ hypervisor }) => hypervisor === name).flatMap(({ vms }) => vms);
}

/** The parts of a node's inventory that a survey needs, before a run. */
export function surveyParts(substrate: Substrate, hypervisor: Hypervisor, recorded: Recorded): Parts {
    const vms = vmsOn(substrate, hypervisor);
    const vmids = (asked: (vm: WorkloadVm) => boolean) => vms.filter(asked).map(({ vmid }) => vmid);
    return {
        configs: vmids(({ extraDisks }) => extraDisks.length > 0),
        processes: vmids((vm) => asksProcess(vm, recorded)),
        templates: (guests) => {
            const cloned = vms.filter((vm) => isCloned(vm, guests, recorded));
            const chosen = cloned.flatMap((vm) => {
                try {
                    return [templateFor(vm, hypervisor, guests)];
                } catch (error) {
                    // A choice that means none or several is the check's to tell.
                    if (error instanceof RangeError) {
                        return [];
                    }
                    throw error;
                }
            });
            return [...new Map(chosen.map((template) => [template.vmid, template])).values()];
        },
        datacentreFirewall: true,
    };
}

/** The parts that drift needs, beside a preview. */
export function driftParts(substrate: Substrate, hypervisor: Hypervisor): Parts {
    const vmids = vmsOn(substrate, hypervisor).map(({ vmid }) => vmid);
    return { configs: vmids, firewalls: vmids, tasks: hypervisor.taskLog };
}

/** The parts that say whether anything of a tenant is there still. */
export const TEARDOWN_PARTS: Parts = { volumes: true, pools: true };
