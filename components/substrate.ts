import type { Substrate } from "../model/substrate";
import type { Ground } from "./ground";
import { ConnectedHypervisor } from "./hypervisor";
import { Tenant, type VmInputs } from "./tenant";

/** Declares a substrate's hypervisors and tenants, and gives back every VM of it, ordered by VMID. */
export function declare(substrate: Substrate, ground: Ground): VmInputs[] {
    const hypervisors = new Map(
        substrate.hypervisors.map((model) => [model.name, new ConnectedHypervisor(substrate, model, ground)]),
    );
    const tenants = substrate.tenants.map(
        (tenant) => new Tenant(tenant.name, { tenant, hypervisor: hypervisors.get(tenant.hypervisor)! }),
    );
    return tenants.flatMap((tenant) => tenant.vms);
}
