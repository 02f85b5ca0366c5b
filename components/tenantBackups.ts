import type * as pulumi from "@pulumi/pulumi";
import { declaredFields } from "../node/jobs/fields";
import { NodeBackupJob } from "../node/jobs/resource";
import type { Tenant } from "../substrate/substrate";
import type { ConnectedHypervisor } from "./hypervisor";
import type { TenantNetwork } from "./tenantNetwork";

export interface TenantBackupsArgs {
    readonly tenant: Tenant;
    readonly hypervisor: ConnectedHypervisor;
    /** Has the pool that a job is of. */
    readonly network: TenantNetwork;
    /** Components of the tenant's VMs. */
    readonly vms: readonly pulumi.Resource[];
}

/**
 * Declares the backup jobs that a tenant's file asks for. One that names VMs is written after them, and again whenever one of them is made
 * anew: PVE takes a VM that is deleted out of the jobs that name it (src/PVE/VZDump/Plugin.pm:206 of pve-guest-common).
 *
 * @param name of the tenant's component.
 */
export function declareBackups(name: string, args: TenantBackupsArgs, parent: pulumi.Resource): void {
    const { tenant, hypervisor, network, vms } = args;
    for (const job of tenant.backupJobs) {
        const named = tenant.vms.filter(({ vmid }) => job.vmids?.includes(vmid));
        const made = named.map((vm) => {
            const { generation, rebuild } = hypervisor.historyOf(vm);
            return [String(vm.vmid), `${generation} ${rebuild}`.trim()] as const;
        });
        new NodeBackupJob(
            `${name}-${job.vm === undefined ? "backup" : `${job.vm}-backup`}`,
            {
                ...{ hypervisor: hypervisor.model.name, endpoint: hypervisor.model.endpoint, job: job.id },
                ...{ tenant: tenant.name, ...declaredFields(tenant.name, job) },
                ...(made.length > 0 && { made: Object.fromEntries(made) }),
            },
            { parent, dependsOn: [network, ...(made.length > 0 ? vms : [])] },
        );
    }
}
