import { formatAmount, limitOf, suppliesOf, type Supply } from "../substrate/capacity";
import type { Hypervisor, Quota, Substrate, Tenant, WorkloadVm } from "../substrate/substrate";
import { isUnknown, type Seen, type VmInputs } from "./rules";
import { VM } from "./types";

/** Claims of a VM: memory in MiB, also by name where it starts with the node; disk in GiB; the rest by number. */
interface Claim extends Record<keyof Quota, number> {
    readonly node: string | undefined;
    readonly tenant: string | undefined;
    readonly onBoot: boolean;
    /** GiB of its disks by their storages. */
    readonly disks: Readonly<Record<string, number>>;
}

/**
 * Adds up what the VMs of one run claim, in the order in which they are declared, and tells of the one with which it goes
 * beyond its tenant's quota or its hypervisor.
 */
export class Claims {
    /** By URN, since a VM may be seen more than once in a run. */
    private readonly vms = new Map<string, Claim>();

    /** @param declared tenants that this run declares; missing for all. The VMs of others claim what their files say. */
    constructor(private readonly declared?: readonly string[]) {}

    faults({ urn, type, inputs }: Seen, substrate: Substrate): string[] {
        if (type !== VM) {
            return [];
        }
        const claim = claimOf(inputs);
        this.vms.delete(urn);
        const others = [...this.vms.values(), ...claimsOfOthers(substrate, this.declared)];
        this.vms.set(urn, claim);
        const tenant = substrate.tenants.find(({ name }) => name === claim.tenant);
        const beyond = beyondHypervisor(claim, others, substrate);
        if (tenant !== undefined || isUnknown(inputs, "poolId")) {
            return tenant === undefined ? beyond : [...beyondQuota(claim, others, tenant), ...beyond];
        }
        const pool = claim.tenant === undefined ? "in no pool" : `in the pool ${claim.tenant}`;
        const pools = substrate.tenants.map(({ name }) => name).join(", ");
        return [`the VM is ${pool}: put it into that of a tenant (${pools})`];
    }
}

function beyondQuota(claim: Claim, others: readonly Claim[], { name, quota }: Tenant): string[] {
    const own = others.filter(({ tenant }) => tenant === name);
    return (Object.keys(quota) as (keyof Quota)[]).flatMap((key) => {
        const limit = quota[key]!;
        const before = own.reduce((sum, other) => sum + other[key], 0);
        const amount = (value: number) => (key === "vms" ? `${value} VMs` : formatAmount(value, key));
        return crosses(before, claim[key], limit)
            ? [`${name} claims ${amount(before + claim[key])}, and its quota is ${amount(limit)}`]
            : [];
    });
}

function beyondHypervisor(claim: Claim, others: readonly Claim[], { hypervisors }: Substrate): string[] {
    const hypervisor = hypervisors.find(({ node }) => node === claim.node);
    if (hypervisor === undefined) {
        return [];
    }
    const there = others.filter(({ node }) => node === claim.node);
    return suppliesOf(hypervisor).flatMap((supply) => {
        const limit = limitOf(hypervisor, supply) ?? Infinity;
        const before = there.reduce((sum, other) => sum + countedOf(hypervisor, other, supply), 0);
        const own = countedOf(hypervisor, claim, supply);
        const amount = (value: number) => formatAmount(value, supply.resource);
        const place = supply.datastore === undefined ? hypervisor.name : `${supply.datastore} of ${hypervisor.name}`;
        return crosses(before, own, limit)
            ? [`${amount(before + own)} are claimed of ${place}, which has ${amount(limit)} to give`]
            : [];
    });
}

/** Whether it is this claim that goes beyond: of what was too much without it, another VM was told. */
function crosses(before: number, own: number, limit: number): boolean {
    return before <= limit && before + own > limit;
}

/** As in the model: memory counts only of a VM that starts with the node, and a disk on its storage. */
function countedOf(hypervisor: Hypervisor, claim: Claim, { resource, datastore }: Supply): number {
    if (resource === "disk") {
        return claim.disks[datastore ?? hypervisor.datastore] ?? 0;
    }
    return resource === "memory" && !claim.onBoot ? 0 : claim[resource];
}

function claimsOfOthers({ tenants, hypervisors }: Substrate, declared: readonly string[] | undefined): Claim[] {
    const others = declared === undefined ? [] : tenants.filter(({ name }) => !declared.includes(name));
    return others.flatMap(({ vms, hypervisor }) => {
        const node = hypervisors.find(({ name }) => name === hypervisor)!.node;
        return vms.map((vm) => claimInFile(vm, node));
    });
}

function claimInFile(vm: WorkloadVm, node: string): Claim {
    const disks = [{ datastore: vm.datastore, sizeGiB: vm.diskGiB }, ...vm.extraDisks];
    return {
        ...{ tenant: vm.tenant, node, onBoot: vm.onBoot, vms: 1, vcpus: vm.cores, memory: vm.memoryMiB },
        disk: disks.reduce((sum, { sizeGiB }) => sum + sizeGiB, 0),
        disks: disksByStore(disks.map(({ datastore, sizeGiB }) => ({ datastoreId: datastore, size: sizeGiB }))),
    };
}

function claimOf(inputs: VmInputs): Claim {
    const { poolId, nodeName, onBoot = true, cpu, memory, disks = [] } = inputs;
    return {
        tenant: poolId,
        node: nodeName,
        onBoot,
        vms: 1,
        vcpus: (cpu?.cores ?? 1) * (cpu?.sockets ?? 1),
        memory: memory?.dedicated ?? 0,
        disk: disks.reduce((sum, { size = 0 }) => sum + size, 0),
        disks: disksByStore(disks),
    };
}

function disksByStore(disks: NonNullable<VmInputs["disks"]>): Record<string, number> {
    const stores: Record<string, number> = {};
    for (const { datastoreId = "", size = 0 } of disks) {
        stores[datastoreId] = (stores[datastoreId] ?? 0) + size;
    }
    return stores;
}
