import type { Substrate, Tenant, WorkloadVm } from "../../substrate/substrate";
import { knownAddress } from "../records";
import { nameOfVm } from "../../substrate/identity";

/** So many VMs are named in a line; of more their number is told. */
const MOST = 10;

/**
 * Which VMs of a substrate have no name that resolves, and why; of one that is only planned, which will have one. Undefined where every VM
 * has one.
 *
 * @param substrate with its VMs' identities (state/identities.ts).
 */
export function namesTold({ status, coreRouter, tenants }: Substrate): string | undefined {
    const all = tenants.flatMap((tenant) => tenant.vms.map((vm) => [tenant, vm] as const));
    const without = all.filter(([tenant, vm]) => knownAddress(tenant, vm) === undefined);
    if (all.length === 0) {
        return undefined;
    }
    if (coreRouter.mode === "none") {
        return `names: no VM has one that resolves, since with coreRouter.mode none nobody writes them to a resolver: ${listed(all)}`;
    }
    if (status === "planned") {
        const named = all.map(([tenant, vm]) => `${vm.fqdn} ${vm.reserved ?? knownAddress(tenant, vm)}`);
        return `names: none resolves while the substrate is only planned; once it is up, these do: ${inLine(named)}`;
    }
    return without.length === 0
        ? undefined
        : `names: these have none that resolves, since an earlier release made them with any address of the pool: ${listed(without)}. ` +
              "A new word in rebuild, or address: with fixed or one of your choice, gives each one";
}

function listed(vms: readonly (readonly [Tenant, WorkloadVm])[]): string {
    return inLine(vms.map(([, vm]) => nameOfVm(vm)));
}

function inLine(texts: readonly string[]): string {
    const more = texts.length - MOST;
    return more > 0 ? `${texts.slice(0, MOST).join(", ")} and ${more} more` : texts.join(", ");
}
