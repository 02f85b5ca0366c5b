import type { SubstrateDefinition, TenantDefinition, VmDefinition } from "../definitions/definitions";
import { fixedAddressOf, givenAddress, siteSegment, type NetworkPlan } from "./plan";

/**
 * VM of a tenant that an allowance of its own file leads to; undefined for one that leads out of the segment. Only where the
 * tenant's VMs are kept from each other is a VM a destination, and a tenant or a segment of that name comes before it.
 */
export function vmWithin(
    plan: NetworkPlan,
    tenant: TenantDefinition,
    to: string,
    all: readonly TenantDefinition[],
): VmDefinition | undefined {
    const elsewhere = siteSegment(plan, to) !== undefined || all.some(({ name }) => name === to);
    return tenant.isolate && !elsewhere ? tenant.vms.find(({ name }) => name === to) : undefined;
}

/** Address that a VM has by its definition: one of choice, a fixed one, or the one that is reserved for a MAC that is known; undefined for any other. */
export function knownAddressOf(
    { plan, macPolicy }: { readonly plan: NetworkPlan } & Pick<SubstrateDefinition, "macPolicy">,
    vlan: number,
    vm: VmDefinition,
): string | undefined {
    const reserved = macPolicy === "deterministic" ? fixedAddressOf(plan, vlan, vm.instance) : undefined;
    return givenAddress(plan, vlan, vm) ?? reserved;
}
