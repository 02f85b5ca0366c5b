import { slotOf, type NetworkPlan } from "../substrate/plan";
import {
    byTenant,
    JOB,
    listed,
    nameOf,
    POOL,
    ROUTER,
    TENANT_VM,
    textsIn,
    VM,
    vmidOf,
    type Deployment,
    type StateResource,
} from "./deployment";

/** One tenant's things on node and router, as the stack's state knows them. */
export interface Holdings {
    readonly tenant: string;
    /** VMID of the one VM that they are the holdings of; missing where they are all of the tenant's. */
    readonly only?: number;
    /** Every resource of the tenant, its component first. */
    readonly resources: readonly StateResource[];
    readonly vms: readonly VmHolding[];
    /** PVE pool; missing where it is gone. */
    readonly pool?: string;
    /** Backup jobs of the node's scheduler. */
    readonly jobs: readonly { readonly id: string; readonly schedule: string }[];
    /** Backups of its VMs, which stay; known once the node was asked. */
    readonly backups?: { readonly count: number; readonly bytes: number; readonly storages: readonly string[] };
    readonly vlans: readonly number[];
    /** Missing where the stack writes nothing to the core router. */
    readonly router?: RouterHoldings;
}

export interface VmHolding {
    readonly vmid: number;
    /** Name of its component, {tenant}-{vm}. */
    readonly component: string;
    readonly name: string;
    /** PVE node. */
    readonly node: string;
    /** By PVE name; what was attached by hand is among them only once the node was asked. */
    readonly disks: readonly DiskHolding[];
    /** Whether PVE refuses to delete it, as the state has it. */
    readonly protection: boolean;
    /** Reasons of the node's not to delete it, each with the command that mends it; known once the node was asked. */
    readonly guards?: readonly string[];
    /** Names of its snapshots that no run took, which go with it; missing for none, or where the node was not asked. */
    readonly othersSnapshots?: readonly string[];
}

export interface DiskHolding {
    readonly name: string;
    readonly sizeGiB: number;
}

/** Records on the core router. */
export interface RouterHoldings {
    /** Subnet of the DHCP scope; missing where there is none. */
    readonly scope?: string;
    readonly reservations: number;
    /** Full names, aliases among them. */
    readonly names: readonly string[];
    readonly rules: number;
    /** VLAN of the device that the stack made; missing where it uses one that was there. */
    readonly device?: number;
}

/**
 * The holdings of each tenant in the state, by name and in its order: of whatever a run that broke off left of it, be it a VM
 * without its component, or a VLAN on the router without a VM.
 */
export function holdingsOf({ resources = [] }: Deployment, plan: NetworkPlan): ReadonlyMap<string, Holdings> {
    return new Map([...byTenant(resources)].map(([tenant, own]) => [tenant, holdingsIn(tenant, own, plan)]));
}

/** The holdings of one VM: nothing else of its tenant, neither pool nor VLAN, nor its records on the router. */
export function holdingsOfVm({ tenant, resources, vms }: Holdings, vmid: number): Holdings {
    const own = new Set(resources.filter((one) => isMachine(one) && vmidOf(one) === vmid).map(({ urn }) => urn));
    const component = `${vms.find((vm) => vm.vmid === vmid)?.component}`;
    resources.filter((one) => one.type === TENANT_VM && nameOf(one) === component).forEach(({ urn }) => own.add(urn));
    const below = resources.filter(({ urn, parent }) => own.has(urn) || own.has(parent ?? ""));
    const of = vms.filter((vm) => vm.vmid === vmid);
    return { tenant, only: vmid, resources: below, vms: of, jobs: jobsIn(below), vlans: [] };
}

function isMachine({ type }: StateResource): boolean {
    return type === VM || type === TENANT_VM;
}

/** Tenants of the state by name, by the part of their holdings that others may not claim. */
export type RecordedTenants = ReadonlyMap<
    string,
    Pick<Holdings, "vlans"> & { readonly vms: readonly Pick<VmHolding, "vmid" | "component">[] }
>;

function holdingsIn(tenant: string, resources: readonly StateResource[], plan: NetworkPlan): Holdings {
    const ofType = (wanted: string) => resources.filter(({ type }) => type === wanted);
    const vms = ofType(VM).map(vmOf);
    const pool = ofType(POOL).map(({ outputs = {} }) => String(outputs["poolId"]))[0];
    const tags = ofType(`${ROUTER}RouterVlan`).map(({ outputs = {} }) => Number(outputs["tag"]));
    const vlans = [...vms.flatMap(({ vmid }) => slotOf(plan, vmid)?.vlan ?? []), ...tags];
    const routed = resources.some(({ type }) => type.startsWith(ROUTER));
    return {
        tenant,
        resources,
        vms: vms.sort((a, b) => a.vmid - b.vmid),
        ...(pool !== undefined && { pool }),
        jobs: jobsIn(resources),
        vlans: [...new Set(vlans)].sort((a, b) => a - b),
        ...(routed && { router: recordsOf(resources) }),
    };
}

function jobsIn(resources: readonly StateResource[]): Holdings["jobs"] {
    const jobs = resources.filter(({ type }) => type === JOB);
    return jobs.map(({ outputs = {} }) => ({ id: String(outputs["job"]), schedule: String(outputs["schedule"]) }));
}

function vmOf(resource: StateResource): VmHolding {
    const { outputs = {}, inputs = {} } = resource;
    const disks = listed<{ interface: string; size: number }>(outputs["disks"]);
    return {
        vmid: vmidOf(resource),
        component: nameOf(resource).replace(/-vm$/, ""),
        name: String(outputs["name"] ?? inputs["name"]),
        node: String(outputs["nodeName"] ?? inputs["nodeName"]),
        disks: disks.flatMap((disk) =>
            disk.interface ? [{ name: String(disk.interface), sizeGiB: Number(disk.size ?? 0) }] : [],
        ),
        protection: outputs["protection"] === true,
    };
}

interface Named {
    readonly hostname: string;
    readonly domain: string;
    readonly aliases: readonly string[];
}

function recordsOf(resources: readonly StateResource[]): RouterHoldings {
    const outputs = (kind: string) => resources.find(({ type }) => type === `${ROUTER}${kind}`)?.outputs ?? {};
    const list = (kind: string, key: string) => listed<Named>(outputs(kind)[key]);
    const { subnet: scope } = outputs("RouterDhcp");
    const { created, tag } = outputs("RouterVlan");
    return {
        ...(typeof scope === "string" && { scope }),
        reservations: list("RouterDhcp", "reservations").length,
        names: list("RouterNames", "hosts").flatMap(({ hostname, domain, aliases }) =>
            [hostname, ...textsIn(aliases)].map((label) => `${label}.${domain}`),
        ),
        rules: list("RouterRules", "rules").length,
        ...(created === true && { device: Number(tag) }),
    };
}

/** Resources of others that need one of the tenant's: none, by design; teardown refuses to take them along. */
export function dependents({ resources = [] }: Deployment, holdings: Holdings): string[] {
    const own = new Set(holdings.resources.map(({ urn }) => urn));
    return resources
        .filter(({ urn }) => !own.has(urn))
        .filter(({ parent, dependencies = [], deletedWith }) =>
            [parent, deletedWith, ...dependencies].some((urn) => urn !== undefined && own.has(urn)),
        )
        .map(nameOf);
}
