import { routerRecordsOf } from "../model/router";
import type { Substrate, Tenant as TenantModel } from "../model/substrate";
import type { Ground } from "./ground";
import { ConnectedHypervisor } from "./hypervisor";
import { Tenant, type VmInputs } from "./tenant";
import type { TenantRouterArgs } from "./tenantRouter";

/** Declares a substrate's hypervisors and tenants, and gives back every VM of it, ordered by VMID. */
export function declare(substrate: Substrate, ground: Ground): VmInputs[] {
    const hypervisors = new Map(
        substrate.hypervisors.map((model) => [model.name, new ConnectedHypervisor(substrate, model, ground)]),
    );
    const tenants = substrate.tenants.map(
        (tenant) =>
            new Tenant(tenant.name, {
                tenant,
                hypervisor: hypervisors.get(tenant.hypervisor)!,
                ...routerOf(substrate, tenant),
            }),
    );
    return tenants.flatMap((tenant) => tenant.vms);
}

/** What the stack writes to the core router for a tenant: nothing, but in mode api. */
function routerOf(substrate: Substrate, tenant: TenantModel): { router?: TenantRouterArgs } {
    const { mode, endpoint } = substrate.coreRouter;
    return mode === "api" && endpoint !== undefined
        ? { router: { endpoint, tenant: tenant.name, records: routerRecordsOf(substrate, tenant) } }
        : {};
}
