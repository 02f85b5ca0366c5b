import type { Hypervisor, Substrate, Tenant, WorkloadVm } from "./substrate";

/** Resources that a hypervisor shares out: memory in MiB, disk in GiB, vCPUs by number. */
export type Resource = "memory" | "disk" | "vcpus";

export const RESOURCES: readonly Resource[] = ["memory", "disk", "vcpus"];

/** Names that people have for each. */
export const RESOURCE_TITLES: Readonly<Record<Resource, string>> = { memory: "memory", disk: "disk", vcpus: "vCPU" };

/** Supply of one resource on one hypervisor, and its tenants' promises of it. */
export interface Share {
    readonly resource: Resource;
    /** Amount that the hardware has. */
    readonly physical: number;
    /** Bound of promises: memory less the reserve, disk and vCPUs times their overcommit. */
    readonly limit: number;
    readonly promised: number;
    /** Promise to each tenant, by name, largest first. */
    readonly byTenant: readonly (readonly [tenant: string, amount: number])[];
}

/** Claim of a VM on a resource: memory only when it starts with the node, disk and vCPUs always. */
export function claimOf(vm: WorkloadVm, resource: Resource): number {
    switch (resource) {
        case "memory":
            return vm.onBoot ? vm.memoryMiB : 0;
        case "disk":
            return vm.extraDisks.reduce((sum, { sizeGiB }) => sum + sizeGiB, vm.diskGiB);
        case "vcpus":
            return vm.cores;
    }
}

/** Bound of promises of a resource; undefined while the hypervisor's hardware is not chosen. */
export function limitOf({ hardware, reserveMiB, overcommit }: Hypervisor, resource: Resource): number | undefined {
    switch (resource) {
        case "memory":
            return hardware && hardware.memoryMiB - reserveMiB;
        case "disk":
            return hardware && Math.floor(hardware.storageGiB * overcommit.disk);
        case "vcpus":
            return hardware && Math.floor(hardware.threads * overcommit.vcpus);
    }
}

/** Shares of a hypervisor's tenants, resource by resource; none while its hardware is not chosen. */
export function sharesOf(substrate: Substrate, hypervisor: Hypervisor): Share[] {
    const tenants = substrate.tenants.filter((tenant) => tenant.hypervisor === hypervisor.name);
    return RESOURCES.flatMap((resource) => {
        const limit = limitOf(hypervisor, resource);
        return limit === undefined
            ? []
            : [{ ...shareOut(tenants, resource), limit, physical: physicalOf(hypervisor, resource) }];
    });
}

/** Linked clones on a hypervisor by the tenants' files: their number, and GiB of their system disks, which begin as their template's blocks. */
export function linkedOn(
    { tenants }: Substrate,
    { name }: Hypervisor,
): { readonly vms: number; readonly diskGiB: number } {
    const linked = tenants
        .filter(({ hypervisor }) => hypervisor === name)
        .flatMap(({ vms }) => vms.filter(({ clone }) => clone === "linked"));
    return { vms: linked.length, diskGiB: linked.reduce((sum, { diskGiB }) => sum + diskGiB, 0) };
}

function shareOut(tenants: readonly Tenant[], resource: Resource) {
    const byTenant = tenants
        .map((tenant) => [tenant.name, total(tenant.vms, resource)] as const)
        .sort(([, a], [, b]) => b - a);
    return { resource, byTenant, promised: byTenant.reduce((sum, [, amount]) => sum + amount, 0) };
}

/** Sum of what some VMs count of a resource. */
export function total(vms: readonly WorkloadVm[], resource: Resource): number {
    return vms.reduce((sum, vm) => sum + claimOf(vm, resource), 0);
}

function physicalOf({ hardware }: Hypervisor, resource: Resource): number {
    const { memoryMiB, storageGiB, threads } = hardware!;
    return { memory: memoryMiB, disk: storageGiB, vcpus: threads }[resource];
}

/** An amount as people say it: `4 GiB`, `1.5 GiB`, `8 vCPU`. */
export function formatAmount(amount: number, resource: Resource): string {
    if (resource === "vcpus") {
        return `${amount} vCPU`;
    }
    const gib = resource === "memory" ? amount / 1024 : amount;
    return `${Number(gib.toFixed(2))} GiB`;
}

/** A share in words: what is promised, what may be, and what the hardware has. */
export function shareText({ resource, promised, limit, physical }: Share): string {
    const amount = (value: number) => formatAmount(value, resource);
    return `${amount(promised)} promised of ${amount(limit)} that may be (physical: ${amount(physical)})`;
}
