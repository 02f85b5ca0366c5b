import type { Substrate } from "../model/substrate";
import { connect } from "./hypervisor";
import { Tenant, type VmInputs } from "./tenant";

/** Declares a substrate's hypervisors and tenants, and gives back every VM of it, ordered by VMID. */
export function declare(substrate: Substrate): VmInputs[] {
    const hypervisors = new Map(substrate.hypervisors.map((model) => [model.name, connect(substrate, model)]));
    const tenants = substrate.tenants.map(
        (tenant) => new Tenant(tenant.name, { tenant, hypervisor: hypervisors.get(tenant.hypervisor)! }),
    );
    return tenants.flatMap((tenant) => tenant.vms);
}
