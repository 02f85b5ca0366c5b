import { definedAt, type CheckedTenant } from "../definitions/places";
import type {
    HealthDefinition,
    HypervisorDefinition,
    SubstrateDefinition,
    TenantDefinition,
    VmDefinition,
} from "../definitions/definitions";
import { devicesOf } from "./devices";
import { FIRMWARE_KEYS, type FirmwareChoice } from "./firmware";
import { furtherNicsOf } from "./furtherNics";
import { macOf } from "./identity";
import { fixedAddressOf, givenAddress, pooledAddressOf, vmidOf, type NetworkPlan } from "./plan";
import { parseGiB, parseMiB } from "../definitions/size";
import { DEFAULT_RULE } from "./snapshots";
import type { WorkloadVm } from "./substrate";
import { tagsOf } from "./tags";

/** Keys whose lines later errors point at. */
const LOCATED = [
    ...[
        "name",
        "instance",
        "disk",
        "disks",
        "datastore",
        "diskOptions",
        "rebuild",
        "template",
        "address",
        "cores",
        "cpu",
        "memory",
        "balloon",
    ],
    ...["onBoot", "startup", "devices", "agent", "protection", "tags", "clone", "expires", "snapshot"],
    "networkInterfaces",
    ...FIRMWARE_KEYS,
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
    const hypervisor = hypervisorOf(tenant, substrate);
    return {
        tenant: tenant.name,
        name: vm.name,
        description: vm.description,
        vmid: vmidOf(plan, tenant.vlan, vm.instance),
        ...hardware(vm, hypervisor),
        ...lifecycle(vm),
        clone: vm.clone ?? tenant.clone ?? hypervisor.clone,
        keep: tenant.keep || vm.keep,
        ...health(vm.health ?? tenant.health),
        ...snapshot(vm, tenant),
        ...(vm.expires !== undefined && { expires: vm.expires }),
        ...identity(substrate.macPolicy, plan, tenant.vlan, vm),
        nics: furtherNicsOf(substrate.macPolicy, plan, tenant.vlan, vm),
        ...(tenant.user && { user: tenant.user }),
        fqdn: `${vm.name}.${zone}`,
        aliases: vm.aliases.map((alias) => `${alias}.${zone}`),
        tags: tagsOf(["tenant", tenant.name, ...vm.tags]),
        definedAt: definedAt(checked, ["vms", index], LOCATED),
    };
}

/** The hypervisor that a tenant is put on: the only one, unless its file names one. */
function hypervisorOf({ hypervisor }: TenantDefinition, { hypervisors }: SubstrateDefinition): HypervisorDefinition {
    return hypervisors[hypervisor ?? Object.keys(hypervisors)[0]!]!;
}

function hardware(vm: VmDefinition, hypervisor: HypervisorDefinition) {
    const { datastore = hypervisor.datastore } = vm;
    return {
        cores: vm.cores,
        cpuType: vm.cpu,
        memoryMiB: parseMiB(vm.memory),
        balloonMiB: vm.balloon === undefined ? 0 : parseMiB(vm.balloon),
        diskGiB: parseGiB(vm.disk),
        datastore,
        extraDisks: [...vm.disks]
            .sort((a, b) => a.slot - b.slot)
            .map((disk) => ({
                interface: `scsi${disk.slot}`,
                sizeGiB: parseGiB(disk.size),
                datastore: disk.datastore ?? datastore,
            })),
        diskOptions: vm.diskOptions ?? {},
        firmware: firmwareOf(vm),
        devices: devicesOf(vm.devices),
    };
}

function firmwareOf({ firmware, secureBoot, tpm, machine }: VmDefinition): FirmwareChoice {
    return {
        ...(firmware !== undefined && { firmware }),
        ...(secureBoot !== undefined && { secureBoot }),
        ...(tpm !== undefined && { tpm }),
        ...(machine !== undefined && { machine }),
    };
}

function health(definition: HealthDefinition | undefined) {
    if (definition === undefined) {
        return {};
    }
    const { timeout, ...wanted } = definition;
    return { health: { ...wanted, timeoutSeconds: timeout } };
}

function snapshot(vm: VmDefinition, tenant: TenantDefinition): Pick<WorkloadVm, "snapshot"> {
    const when = vm.snapshot ?? tenant.snapshot;
    return when === "before-change" ? { snapshot: vm.snapshotKeep ?? tenant.snapshotKeep ?? DEFAULT_RULE } : {};
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
