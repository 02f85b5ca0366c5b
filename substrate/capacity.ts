import type { ExtraDisk, Hypervisor, Substrate, Tenant, WorkloadVm } from "./substrate";

/** Resources that a hypervisor shares out: memory in MiB, disk in GiB, vCPUs by number. */
export type Resource = "memory" | "disk" | "vcpus";

export const RESOURCES: readonly Resource[] = ["memory", "disk", "vcpus"];

/** Names that people have for each. */
export const RESOURCE_TITLES: Readonly<Record<Resource, string>> = { memory: "memory", disk: "disk", vcpus: "vCPU" };

/** Something that a hypervisor shares out: a resource, of which there is disk for each of its storages. */
export interface Supply {
    readonly resource: Resource;
    /** PVE storage of the disk; missing for the hypervisor's own `datastore`. */
    readonly datastore?: string;
}

/** Everything that a hypervisor shares out, its own storage before the others. */
export function suppliesOf({ datastores }: Pick<Hypervisor, "datastores">): Supply[] {
    return RESOURCES.flatMap((resource) => [
        { resource },
        ...(resource === "disk" ? Object.keys(datastores).map((datastore) => ({ resource, datastore })) : []),
    ]);
}

/** Name that people have for it, as `disk` or `disk fast`. */
export function supplyTitle({ resource, datastore }: Supply): string {
    return [RESOURCE_TITLES[resource], ...(datastore === undefined ? [] : [datastore])].join(" ");
}

/** Supply of one resource on one hypervisor, and its tenants' promises of it. */
export interface Share extends Supply {
    /** Amount that the hardware has. */
    readonly physical: number;
    /** Bound of promises: memory less the reserve, disk and vCPUs times their overcommit. */
    readonly limit: number;
    readonly promised: number;
    /** Promise to each tenant, by name, largest first. */
    readonly byTenant: readonly (readonly [tenant: string, amount: number])[];
}

/** Disks of a VM: its system disk first. */
function disksOf({ datastore, diskGiB, extraDisks }: WorkloadVm): readonly Pick<ExtraDisk, "datastore" | "sizeGiB">[] {
    return [{ datastore, sizeGiB: diskGiB }, ...extraDisks];
}

/**
 * Claim of a VM on a resource: memory only when it starts with the node, disk and vCPUs always.
 *
 * @param datastore the one storage whose disks count; missing: all of them.
 */
export function claimOf(vm: WorkloadVm, resource: Resource, datastore?: string): number {
    switch (resource) {
        case "memory":
            return vm.onBoot ? vm.memoryMiB : 0;
        case "disk":
            return disksOf(vm)
                .filter((disk) => datastore === undefined || disk.datastore === datastore)
                .reduce((sum, { sizeGiB }) => sum + sizeGiB, 0);
        case "vcpus":
            return vm.cores;
    }
}

/** Claim of a VM on what its hypervisor shares out. */
export function claimOn(hypervisor: Hypervisor, vm: WorkloadVm, { resource, datastore }: Supply): number {
    return claimOf(vm, resource, datastore ?? hypervisor.datastore);
}

/** Sum of what some VMs claim of what their hypervisor shares out. */
export function claimsOn(hypervisor: Hypervisor, vms: readonly WorkloadVm[], supply: Supply): number {
    return vms.reduce((sum, vm) => sum + claimOn(hypervisor, vm, supply), 0);
}

/** Bound of promises of what a hypervisor shares out; undefined while its hardware is not chosen. */
export function limitOf(hypervisor: Hypervisor, { resource, datastore }: Supply): number | undefined {
    const { hardware, reserveMiB, overcommit } = hypervisor;
    switch (resource) {
        case "memory":
            return hardware && hardware.memoryMiB - reserveMiB;
        case "disk":
            return hardware && Math.floor(storageOf(hypervisor, datastore) * overcommit.disk);
        case "vcpus":
            return hardware && Math.floor(hardware.threads * overcommit.vcpus);
    }
}

/** Shares of a hypervisor's tenants, resource by resource; none while its hardware is not chosen. */
export function sharesOf(substrate: Substrate, hypervisor: Hypervisor): Share[] {
    const tenants = substrate.tenants.filter((tenant) => tenant.hypervisor === hypervisor.name);
    return suppliesOf(hypervisor).flatMap((supply) => {
        const limit = limitOf(hypervisor, supply);
        return limit === undefined
            ? []
            : [{ ...shareOut(hypervisor, tenants, supply), limit, physical: physicalOf(hypervisor, supply) }];
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

function shareOut(hypervisor: Hypervisor, tenants: readonly Tenant[], supply: Supply) {
    const byTenant = tenants
        .map((tenant) => [tenant.name, claimsOn(hypervisor, tenant.vms, supply)] as const)
        .sort(([, a], [, b]) => b - a);
    return { ...supply, byTenant, promised: byTenant.reduce((sum, [, amount]) => sum + amount, 0) };
}

/** Sum of what some VMs count of a resource. */
export function total(vms: readonly WorkloadVm[], resource: Resource): number {
    return vms.reduce((sum, vm) => sum + claimOf(vm, resource), 0);
}

/** Amount that the hardware has; asked for where it is chosen. */
export function physicalOf(hypervisor: Hypervisor, { resource, datastore }: Supply): number {
    const { memoryMiB, threads } = hypervisor.hardware!;
    return { memory: memoryMiB, disk: storageOf(hypervisor, datastore), vcpus: threads }[resource];
}

/** GiB of a hypervisor's storage, whose hardware is chosen. */
function storageOf({ hardware, datastores }: Hypervisor, datastore?: string): number {
    return datastore === undefined ? hardware!.storageGiB : datastores[datastore]!;
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
