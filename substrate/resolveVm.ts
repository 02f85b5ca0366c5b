import { definedAt, type CheckedTenant } from "../definitions/places";
import type { SubstrateDefinition, TenantDefinition, VmDefinition } from "../definitions/definitions";
import { macOf } from "./identity";
import { fixedAddressOf, givenAddress, pooledAddressOf, vmidOf, type NetworkPlan } from "./plan";
import { parseGiB, parseMiB } from "../definitions/size";
import type { WorkloadVm } from "./substrate";
import { tagsOf } from "./tags";

/** Keys whose lines later errors point at. */
const LOCATED = [
    ...[
        "name",
        "instance",
        "disk",
        "disks",
        "diskOptions",
        "rebuild",
        "template",
        "address",
        "cores",
        "cpu",
        "memory",
        "balloon",
    ],
    ...["onBoot", "startup", "agent", "protection", "tags", "clone"],
];

/** Resolves one VM of a tenant, by its place in the tenant's file; its zone is the tenant's. */
export function resolveVm(
    substrate: SubstrateDefinition,
    plan: NetworkPlan,
    checked: CheckedTenant,
    zone: string,
    index: number,
): WorkloadVm {
    const tenant = checked.value;
    const vm = tenant.vms[index]!;
    return {
        tenant: tenant.name,
        name: vm.name,
        description: vm.description,
        vmid: vmidOf(plan, tenant.vlan, vm.instance),
        ...hardware(vm),
        ...lifecycle(vm),
        clone: vm.clone ?? tenant.clone ?? hypervisorOf(tenant, substrate).clone,
        keep: tenant.keep || vm.keep,
        ...identity(substrate.macPolicy, plan, tenant.vlan, vm),
        ...(tenant.user && { user: tenant.user }),
        fqdn: `${vm.name}.${zone}`,
        aliases: vm.aliases.map((alias) => `${alias}.${zone}`),
        tags: tagsOf(["tenant", tenant.name, ...vm.tags]),
        definedAt: definedAt(checked, ["vms", index], LOCATED),
    };
}

/** The hypervisor that a tenant is put on: the only one, unless its file names one. */
function hypervisorOf({ hypervisor }: TenantDefinition, { hypervisors }: SubstrateDefinition) {
    return hypervisors[hypervisor ?? Object.keys(hypervisors)[0]!]!;
}

function hardware(vm: VmDefinition) {
    return {
        cores: vm.cores,
        cpuType: vm.cpu,
        memoryMiB: parseMiB(vm.memory),
        balloonMiB: vm.balloon === undefined ? 0 : parseMiB(vm.balloon),
        diskGiB: parseGiB(vm.disk),
        extraDisks: [...vm.disks]
            .sort((a, b) => a.slot - b.slot)
            .map(({ slot, size }) => ({ interface: `scsi${slot}`, sizeGiB: parseGiB(size) })),
        diskOptions: vm.diskOptions ?? {},
    };
}

function lifecycle({ onBoot, startup, agent, protection, reboot, rebuild, template }: VmDefinition) {
    return {
        onBoot,
        ...(startup && { startup }),
        agent: { enabled: agent.enabled, wait: agent.wait, timeoutSeconds: agent.timeout },
        protection,
        reboot,
        ...(rebuild !== undefined && { rebuild }),
        ...(template !== undefined && { template: { name: template } }),
    };
}

function identity(macPolicy: SubstrateDefinition["macPolicy"], plan: NetworkPlan, vlan: number, vm: VmDefinition) {
    const address = givenAddress(plan, vlan, vm);
    const known = macPolicy === "deterministic";
    const slot = address ?? (known ? fixedAddressOf(plan, vlan, vm.instance) : undefined);
    const reserved = slot ?? pooledAddressOf(plan, vlan, vm.instance);
    return {
        ...(known && { mac: macOf(plan.site, vlan, vm.instance) }),
        ...(address !== undefined && { address }),
        ...(reserved !== undefined && { reserved }),
    };
}
