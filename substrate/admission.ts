import {
    claimOf,
    claimOn,
    claimsOn,
    formatAmount,
    limitOf,
    physicalOf,
    suppliesOf,
    total,
    type Resource,
    type Supply,
} from "./capacity";
import { faultAt, type CheckedTenant } from "../definitions/places";
import type { Fault } from "../definitions/faults";
import type { Hypervisor, Quota, Substrate, Tenant, WorkloadVm } from "./substrate";

/** The key of a VM's definition that claims a resource. */
const FIELD: Readonly<Record<Resource, string>> = { memory: "memory", disk: "disk", vcpus: "cores" };

/**
 * Checks that what the tenants were promised fits: each hypervisor, and each tenant's own quota. One fault for each
 * resource that does not fit, at the largest claim on it, saying who holds the rest.
 */
export function checkAdmission(substrate: Substrate, definitions: readonly CheckedTenant[]): Fault[] {
    const definitionOf = (tenant: string) => definitions.find(({ value }) => value.name === tenant)!;
    return [
        ...substrate.hypervisors.flatMap((hypervisor) =>
            suppliesOf(hypervisor).flatMap((supply) => checkHypervisor(substrate, hypervisor, supply, definitionOf)),
        ),
        ...substrate.hypervisors.flatMap((hypervisor) => checkThreads(substrate, hypervisor, definitionOf)),
        ...substrate.tenants.flatMap((tenant) => checkQuota(tenant, definitionOf(tenant.name))),
    ];
}

/** PVE starts no VM with more vCPUs than the node has threads, whatever may be promised of them (QemuServer.pm:3879). */
function checkThreads(
    { tenants }: Substrate,
    { name, hardware }: Hypervisor,
    definitionOf: (tenant: string) => CheckedTenant,
): Fault[] {
    const on = tenants.filter(({ hypervisor }) => hypervisor === name);
    return on.flatMap(({ name: tenant, vms }) =>
        vms.flatMap(({ cores }, index) =>
            hardware === undefined || cores <= hardware.threads
                ? []
                : [faultAt(definitionOf(tenant), ["vms", index, "cores"], tooManyCores(cores, name, hardware.threads))],
        ),
    );
}

/** A VM that the node would not start. */
export function tooManyCores(cores: number, hypervisor: string, threads: number): string {
    return `${cores} is more than the ${threads} threads of ${hypervisor}, with which PVE starts no VM; allowed: up to ${threads}`;
}

function checkHypervisor(
    substrate: Substrate,
    hypervisor: Hypervisor,
    supply: Supply,
    definitionOf: (tenant: string) => CheckedTenant,
): Fault[] {
    const { resource, datastore } = supply;
    const limit = limitOf(hypervisor, supply);
    const vms = substrate.tenants.filter((t) => t.hypervisor === hypervisor.name).flatMap((t) => t.vms);
    if (limit === undefined || claimsOn(hypervisor, vms, supply) <= limit) {
        return [];
    }
    const claimed = (vm: WorkloadVm) => claimOn(hypervisor, vm, supply);
    const largest = vms.reduce((a, b) => (claimed(b) > claimed(a) ? b : a));
    const others = vms.filter((vm) => vm !== largest);
    const definition = definitionOf(largest.tenant);
    const index = definition.value.vms.findIndex(({ name }) => name === largest.name);
    const claim = formatAmount(claimed(largest), resource);
    const place = datastore === undefined ? hypervisor.name : `${datastore} of ${hypervisor.name}`;
    const message =
        `${claim} does not fit ${place}: ${supplyOf(hypervisor, supply)}, ${holdersOf(others, resource, claimed)}. ` +
        allowanceOf(limit - claimsOn(hypervisor, others, supply), resource);
    return [faultAt(definition, ["vms", index, FIELD[resource]], message)];
}

/** Supply of the hypervisor, as `32 GiB, 4 GiB reserved` or `931 GiB x 1.5`. */
function supplyOf(hypervisor: Hypervisor, supply: Supply): string {
    const { reserveMiB, overcommit } = hypervisor;
    const { resource } = supply;
    const physical = formatAmount(physicalOf(hypervisor, supply), resource);
    switch (resource) {
        case "memory":
            return `${physical}, ${formatAmount(reserveMiB, resource)} reserved`;
        case "disk":
            return `${physical} x ${overcommit.disk} overcommit`;
        case "vcpus":
            return `${hypervisor.hardware!.threads} threads x ${overcommit.vcpus} overcommit`;
    }
}

/** Who holds how much, as `20 GiB already promised (vintronics 12, moneyrouter 8)`. */
function holdersOf(vms: readonly WorkloadVm[], resource: Resource, claimed: (vm: WorkloadVm) => number): string {
    const held = new Map<string, number>();
    for (const vm of vms) {
        held.set(vm.tenant, (held.get(vm.tenant) ?? 0) + claimed(vm));
    }
    const names = [...held]
        .filter(([, amount]) => amount > 0)
        .sort(([, a], [, b]) => b - a)
        .map(([tenant, amount]) => `${tenant} ${formatAmount(amount, resource).split(" ")[0]}`);
    const total = vms.reduce((sum, vm) => sum + claimed(vm), 0);
    return names.length === 0
        ? "nothing promised yet"
        : `${formatAmount(total, resource)} already promised (${names.join(", ")})`;
}

function allowanceOf(rest: number, resource: Resource): string {
    return rest > 0
        ? `Allowed here: up to ${formatAmount(rest, resource)}`
        : "Allowed here: nothing; make another VM smaller";
}

function checkQuota(tenant: Tenant, definition: CheckedTenant): Fault[] {
    const claims: Record<keyof Quota, number> = {
        memory: tenant.vms.reduce((sum, vm) => sum + vm.memoryMiB, 0),
        disk: total(tenant.vms, "disk"),
        vcpus: total(tenant.vms, "vcpus"),
        vms: tenant.vms.length,
    };
    return (Object.keys(claims) as (keyof Quota)[]).flatMap((key) => {
        const quota = tenant.quota[key];
        if (quota === undefined || claims[key] <= quota) {
            return [];
        }
        const format = (amount: number) =>
            key === "vms" ? `${amount} ${amount === 1 ? "VM" : "VMs"}` : formatAmount(amount, key);
        const message = `${format(quota)} is less than the tenant's VMs claim: ${format(claims[key])}${claimants(tenant, key)}`;
        return [faultAt(definition, ["quota", key], message)];
    });
}

function claimants({ vms }: Tenant, key: keyof Quota): string {
    if (key === "vms") {
        return "";
    }
    const amount = (vm: WorkloadVm) =>
        formatAmount(key === "memory" ? vm.memoryMiB : claimOf(vm, key), key).split(" ")[0];
    return ` (${vms.map((vm) => `${vm.name} ${amount(vm)}`).join(", ")})`;
}
