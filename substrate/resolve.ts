import { resolveBaseline } from "./baseline";
import { definedAt, type CheckedTenant } from "../definitions/places";
import type {
    AllowanceDefinition,
    HypervisorDefinition,
    SubstrateDefinition,
    TenantDefinition,
} from "../definitions/definitions";
import { MANAGEMENT_VLAN, subnetOf, TRUSTED_VLAN, zoneOf } from "./identity";
import { isSiteSegment, siteSubnet } from "./siteSegments";
import { resolveVm } from "./resolveVm";
import { knownAddressOf, vmWithin } from "./within";
import { parseGiB, parseMiB } from "../definitions/size";
import type { Allowance, Hypervisor, Inbound, Quota, Segment, Substrate, Tenant, TemplateChoice } from "./substrate";

/** Resolves checked definitions to the frozen model: subnets, VMIDs and names are computed here and nowhere else. */
export function resolve(
    name: string,
    substrate: SubstrateDefinition,
    checked: readonly CheckedTenant[],
    elsewhere: Substrate["elsewhere"] = [],
): Substrate {
    const tenants = checked.map(({ value }) => value);
    const hypervisors = Object.entries(substrate.hypervisors).map(([key, h]) => resolveHypervisor(key, h));
    const model: Substrate = {
        name,
        zone: `${name}.${substrate.domain}`,
        site: substrate.site,
        elsewhere,
        status: substrate.status,
        hypervisors,
        coreRouter: substrate.coreRouter,
        tenants: checked
            .map((tenant) => resolveTenant(name, substrate, tenant, tenants))
            .sort((a, b) => a.segment.vlan - b.segment.vlan),
        missing: missingFor(substrate.status, hypervisors),
    };
    return deepFreeze({ ...model, hypervisors: hypervisors.map((h) => withBaseline(model, substrate, h)) });
}

/** A baseline is resolved last, as the grants in it depend on what the tenants ask for. */
function withBaseline(model: Substrate, { hypervisors, domain }: SubstrateDefinition, hypervisor: Hypervisor) {
    const definition = hypervisors[hypervisor.name]?.baseline;
    return definition === undefined
        ? hypervisor
        : { ...hypervisor, baseline: resolveBaseline(model, domain, hypervisor, definition) };
}

function resolveHypervisor(name: string, definition: HypervisorDefinition): Hypervisor {
    const { node, endpoint, ssh, bridge, datastore, backup, taskLog, template, clones, hardware, reserve, overcommit } =
        definition;
    return {
        name,
        node,
        endpoint,
        ssh: {
            host: ssh.host,
            port: ssh.port,
            // The comment behind a key is nobody's business.
            ...(ssh.hostKey !== undefined && { hostKey: ssh.hostKey.split(" ").slice(0, 2).join(" ") }),
        },
        bridge,
        datastore,
        ...(backup !== undefined && { backup }),
        taskLog,
        template: template as TemplateChoice,
        clones,
        reserveMiB: parseMiB(reserve),
        overcommit,
        ...(hardware && {
            hardware: {
                memoryMiB: parseMiB(hardware.memory),
                storageGiB: parseGiB(hardware.storage),
                threads: hardware.threads,
            },
        }),
    };
}

function resolveTenant(
    substrateName: string,
    substrate: SubstrateDefinition,
    checked: CheckedTenant,
    all: readonly TenantDefinition[],
): Tenant {
    const tenant = checked.value;
    const zone = zoneOf(tenant.name, substrateName, substrate.domain);
    return {
        name: tenant.name,
        description: tenant.description,
        hypervisor: tenant.hypervisor ?? Object.keys(substrate.hypervisors)[0]!,
        segment: resolveSegment(tenant, substrate, all),
        zone,
        keep: tenant.keep,
        ...(tenant.formerly !== undefined && { formerly: tenant.formerly }),
        allow: tenant.allow.flatMap((allowance, index) =>
            vmWithin(tenant, allowance.to, all) === undefined
                ? [{ ...resolveAllowance(substrate.site, allowance, all), index }]
                : [],
        ),
        quota: resolveQuota(tenant),
        vms: tenant.vms.map((_, index) => resolveVm(substrate, checked, zone, index)).sort((a, b) => a.vmid - b.vmid),
        definedAt: definedAt(checked, [], ["name", "vlan", "formerly"]),
    };
}

function resolveQuota({ quota = {} }: TenantDefinition): Quota {
    const { memory, disk, vcpus, vms } = quota;
    return {
        ...(memory !== undefined && { memory: parseMiB(memory) }),
        ...(disk !== undefined && { disk: parseGiB(disk) }),
        ...(vcpus !== undefined && { vcpus }),
        ...(vms !== undefined && { vms }),
    };
}

/** A destination as the file has it, with the network that it is. */
function resolveAllowance(
    site: number,
    definition: AllowanceDefinition,
    all: readonly TenantDefinition[],
): Omit<Allowance, "index"> {
    const { to, protocol, ports, why } = definition;
    const tenant = all.find(({ name }) => name === to);
    const segment = isSiteSegment(to) ? siteSubnet(site, to) : to;
    const cidr = tenant === undefined ? segment : subnetOf(site, tenant.vlan).cidr;
    return { to, cidr, protocol, ports: ports?.split(",") ?? [], why };
}

/** The zone matrix lets management and trusted in; the allowances of other tenants' files come after them. */
function resolveSegment(
    tenant: TenantDefinition,
    substrate: SubstrateDefinition,
    all: readonly TenantDefinition[],
): Segment {
    const { site, coreRouter } = substrate;
    const allowed = all.flatMap((other) =>
        other.allow
            .filter(({ to }) => to === tenant.name)
            .map((allowance) => openingFrom(other.name, subnetOf(site, other.vlan).cidr, allowance)),
    );
    return {
        tenant: tenant.name,
        vlan: tenant.vlan,
        tagged: coreRouter.mode !== "none",
        subnet: subnetOf(site, tenant.vlan),
        inbound: [
            { name: "management", cidr: subnetOf(site, MANAGEMENT_VLAN).cidr },
            { name: "trusted", cidr: subnetOf(site, TRUSTED_VLAN).cidr },
            ...allowed,
        ],
        isolated: tenant.isolate,
        within: tenant.allow.flatMap((allowance): Inbound[] => {
            const vm = vmWithin(tenant, allowance.to, all);
            const address = vm && knownAddressOf(substrate, tenant.vlan, vm);
            return vm === undefined || address === undefined
                ? []
                : [
                      {
                          ...openingFrom(vm.name, subnetOf(site, tenant.vlan).cidr, allowance),
                          to: { vm: vm.name, address },
                      },
                  ];
        }),
    };
}

/** An opening in PVE's firewall for what comes from a network. */
function openingFrom(name: string, cidr: string, { protocol, ports, why }: AllowanceDefinition): Inbound {
    return {
        name: `${name}: ${why}`,
        cidr,
        ...(protocol !== "any" && { protocol }),
        ...(ports !== undefined && { ports }),
    };
}

/** Needs of an up that are not met: every hypervisor's hardware, and the hypervisors themselves while they are only planned. */
function missingFor(status: Substrate["status"], hypervisors: readonly Hypervisor[]): string[] {
    const hardware = hypervisors
        .filter((h) => h.hardware === undefined)
        .map((h) => `hardware of ${h.name} (memory, storage, threads)`);
    const nodes = hypervisors.map((h) => `hypervisor ${h.name} (PVE node ${h.node}, installed and reachable)`);
    return status === "planned" ? [...hardware, ...nodes] : hardware;
}

function deepFreeze<T>(value: T): T {
    if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
        Object.freeze(value);
        Object.values(value).forEach(deepFreeze);
    }
    return value;
}
