import type { BackupDefinition, TenantDefinition } from "../definitions/definitions";
import { definedAt, type CheckedTenant, type DefinedAt } from "../definitions/places";
import { vmidOf, type NetworkPlan } from "./plan";

/** A backup job of PVE's scheduler that a tenant's file asks for: of the tenant's pool, or of some of its VMs. */
export interface BackupJob {
    /** PVE's name of it, at most 50 characters: by VLAN or VMID, so that a rename makes no other job. */
    readonly id: string;
    /** The VM whose file entry asks for it; missing: the tenant does. */
    readonly vm?: string;
    /** PVE's calendar event. */
    readonly schedule: string;
    /** PVE storage of the backups. */
    readonly storage: string;
    readonly mode: "snapshot" | "suspend" | "stop";
    /** Backups that stay of each VM, by PVE's rule, such as keep-last. */
    readonly keep: Readonly<Record<string, number>>;
    /** VMs that are backed up, in order; missing: all that are in the pool. */
    readonly vmids?: readonly number[];
    readonly definedAt: DefinedAt;
}

/** Begins the comment of every job of ours, as the tenant's name ends it: jobs of others never begin so. */
const MARK = "tenant-hypervisors:";

/** Comment of a tenant's job on the node. */
export function commentOf(tenant: string, vm?: string): string {
    return `${MARK} ${vm === undefined ? tenant : `${tenant}/${vm}`}: declared in its file, changes by hand are undone`;
}

/** Whether a job is one that this program made. */
export function isOurs({ comment = "" }: { readonly comment?: string }): boolean {
    return comment.startsWith(MARK);
}

/** Whether a job is one of this tenant's, or of a VM of it: `grooveiq` is not `grooveiq2`. */
export function isJobOf(tenant: string, { comment = "" }: { readonly comment?: string }): boolean {
    return [":", "/"].some((end) => comment.startsWith(`${MARK} ${tenant}${end}`));
}

/**
 * The jobs of a tenant: one of its pool; where a VM asks for its own, that is left out of the tenant's, which then names the others.
 *
 * @param byHypervisor storage of the hypervisor's backups, where the stack file names one.
 */
export function backupJobsOf(checked: CheckedTenant, plan: NetworkPlan, byHypervisor: string | undefined): BackupJob[] {
    const { vlan, vms, backup: own } = checked.value;
    const vmid = ({ instance }: TenantDefinition["vms"][number]) => vmidOf(plan, vlan, instance);
    const place = (path: readonly (string | number)[]) => definedAt(checked, [...path], ["backup"]);
    const others = vms.filter((vm) => vm.backup === undefined);
    const partly = others.length < vms.length ? { vmids: others.map(vmid).sort((a, b) => a - b) } : {};
    const ofTenant =
        own && others.length > 0
            ? [{ ...jobOf(own, byHypervisor), id: `tenant-${vlan}`, ...partly, definedAt: place([]) }]
            : [];
    const ofVms = vms.flatMap((vm, index) =>
        vm.backup === undefined
            ? []
            : [
                  {
                      ...jobOf(vm.backup, byHypervisor),
                      ...{ id: `tenant-vm-${vmid(vm)}`, vm: vm.name, vmids: [vmid(vm)] },
                      definedAt: place(["vms", index]),
                  },
              ],
    );
    return [...ofTenant, ...ofVms];
}

function jobOf({ schedule, storage, mode, keep }: BackupDefinition, byHypervisor: string | undefined) {
    const rules = Object.entries(keep ?? {}).map(([rule, count]) => [`keep-${rule}`, count] as const);
    return {
        schedule,
        // One that is missing is a fault before it is resolved (check/backups.ts).
        storage: storage ?? byHypervisor ?? "",
        mode,
        keep: Object.fromEntries(rules.sort(([one], [other]) => (one < other ? -1 : 1))),
    };
}
