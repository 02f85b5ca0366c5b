import type { Hypervisor, Substrate, Tenant } from "./substrate";

/** The tenant that a VM, or anything else that names one, is of. */
export function tenantOf({ tenants }: Pick<Substrate, "tenants">, { tenant }: { readonly tenant: string }): Tenant {
    return tenants.find(({ name }) => name === tenant)!;
}

/** The hypervisor that a tenant's VMs are on. */
export function hypervisorOf(
    { hypervisors }: Pick<Substrate, "hypervisors">,
    { hypervisor }: Pick<Tenant, "hypervisor">,
): Hypervisor {
    return hypervisors.find(({ name }) => name === hypervisor)!;
}
