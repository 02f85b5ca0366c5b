import { backupJobsOf } from "./backupJobs";
import { resolveBaseline } from "./baseline";
import { definedAt, type CheckedTenant } from "../definitions/places";
import type {
    AllowanceDefinition,
    HypervisorDefinition,
    SubstrateDefinition,
    TenantDefinition,
} from "../definitions/definitions";
import { zoneOf } from "./identity";
import { segmentsIntoTenants, siteSegment, subnetOf, type NetworkPlan } from "./plan";
import { resolveVm } from "./resolveVm";
import { knownAddressOf, vmWithin } from "./within";
import { parseGiB, parseMiB } from "../definitions/size";
import type {
    Allowance,
    Hardware,
    Hypervisor,
    Inbound,
    Quota,
    Segment,
    Substrate,
    Tenant,
    TemplateChoice,
} from "./substrate";

/** Resolves checked definitions to the frozen model: subnets, VMIDs and names are computed here and nowhere else. */
export function resolve(
    name: string,
    substrate: SubstrateDefinition,
    plan: NetworkPlan,
    checked: readonly CheckedTenant[],
    elsewhere: Substrate["elsewhere"] = [],
): Substrate {
    const tenants = checked.map(({ value }) => value);
    const hypervisors = Object.entries(substrate.hypervisors).map(([key, h]) => resolveHypervisor(key, h));
    const model: Substrate = {
        name,
        zone: `${name}.${substrate.domain}`,
        timeZone: substrate.timeZone,
        plan,
        elsewhere,
        status: substrate.status,
        hypervisors,
        coreRouter: substrate.coreRouter,
        tenants: checked
            .map((tenant) => resolveTenant(name, plan, substrate, tenant, tenants))
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
    const {
        node,
        endpoint,
        ssh,
        bridge,
        datastore,
        datastores,
        backup,
        taskLog,
        keepTags,
        template,
        clones,
        hardware,
        reserve,
        overcommit,
    } = definition;
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
        datastores: Object.fromEntries(Object.entries(datastores).map(([id, size]) => [id, parseGiB(size)])),
        ...(backup !== undefined && { backup }),
        taskLog,
        keepTags,
        template: template as TemplateChoice,
        clones,
        reserveMiB: parseMiB(reserve),
        overcommit,
        ...(hardware && { hardware: resolveHardware(hardware) }),
    };
}

function resolveHardware({ memory, storage, threads }: NonNullable<HypervisorDefinition["hardware"]>): Hardware {
    return { memoryMiB: parseMiB(memory), storageGiB: parseGiB(storage), threads };
}

function resolveTenant(
    substrateName: string,
    plan: NetworkPlan,
    substrate: SubstrateDefinition,
    checked: CheckedTenant,
    all: readonly TenantDefinition[],
): Tenant {
    const tenant = checked.value;
    const zone = zoneOf(tenant.name, substrateName, substrate.domain);
    const hypervisor = tenant.hypervisor ?? Object.keys(substrate.hypervisors)[0]!;
    return {
        name: tenant.name,
        description: tenant.description,
        hypervisor,
        segment: resolveSegment(tenant, plan, substrate, all),
        zone,
        keep: tenant.keep,
        ...(tenant.expires !== undefined && { expires: tenant.expires }),
        ...(tenant.formerly !== undefined && { formerly: tenant.formerly }),
        allow: tenant.allow.flatMap((allowance, index) =>
            vmWithin(plan, tenant, allowance.to, all) === undefined
                ? [{ ...resolveAllowance(plan, allowance, all), index }]
                : [],
        ),
        quota: resolveQuota(tenant),
        backupJobs: backupJobsOf(checked, plan, substrate.hypervisors[hypervisor]?.backup),
        vms: tenant.vms
            .map((_, index) => resolveVm(substrate, plan, checked, zone, index))
            .sort((a, b) => a.vmid - b.vmid),
        definedAt: definedAt(checked, [], ["name", "vlan", "formerly", "expires"]),
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
    plan: NetworkPlan,
    definition: AllowanceDefinition,
    all: readonly TenantDefinition[],
): Omit<Allowance, "index"> {
    const { to, protocol, ports, why } = definition;
    const tenant = all.find(({ name }) => name === to);
    const segment = siteSegment(plan, to)?.cidr ?? to;
    const cidr = tenant === undefined ? segment : subnetOf(plan, tenant.vlan)!.cidr;
    return { to, cidr, protocol, ports: ports?.split(",") ?? [], why };
}

/** The plan lets some segments of the site in; the allowances of other tenants' files come after them. */
function resolveSegment(
    tenant: TenantDefinition,
    plan: NetworkPlan,
    { macPolicy, coreRouter }: SubstrateDefinition,
    all: readonly TenantDefinition[],
): Segment {
    const allowed = all.flatMap((other) =>
        other.allow
            .filter(({ to }) => to === tenant.name)
            .map((allowance) => openingFrom(other.name, subnetOf(plan, other.vlan)!.cidr, allowance)),
    );
    const tagged = coreRouter.mode !== "none";
    const subnet = subnetOf(plan, tenant.vlan)!;
    const servers = (named: readonly string[]) => (named.length > 0 || !tagged ? named : [subnet.gateway]);
    return {
        tenant: tenant.name,
        vlan: tenant.vlan,
        tagged,
        subnet,
        resolvers: servers(plan.resolvers),
        timeServers: servers(plan.timeServers),
        inbound: [...segmentsIntoTenants(plan).map(({ name, cidr }) => ({ name, cidr })), ...allowed],
        isolated: tenant.isolate,
        within: withinOf({ plan, macPolicy }, tenant, all),
    };
}

/** Openings between VMs of a tenant, at the VMs that they lead to. */
function withinOf(
    site: Pick<Substrate, "plan"> & Pick<SubstrateDefinition, "macPolicy">,
    tenant: TenantDefinition,
    all: readonly TenantDefinition[],
): Inbound[] {
    const { cidr } = subnetOf(site.plan, tenant.vlan)!;
    return tenant.allow.flatMap((allowance): Inbound[] => {
        const vm = vmWithin(site.plan, tenant, allowance.to, all);
        const address = vm && knownAddressOf(site, tenant.vlan, vm);
        return vm === undefined || address === undefined
            ? []
            : [{ ...openingFrom(vm.name, cidr, allowance), to: { vm: vm.name, address } }];
    });
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
