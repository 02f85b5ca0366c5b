import { requireShape, UnexpectedAnswerError } from "../definitions/answers";
import { Refusal } from "../definitions/refusal";

/** A stack's exported deployment, as far as it is interpreted here. */
export interface Deployment {
    readonly resources?: readonly StateResource[];
    readonly pending_operations?: readonly PendingOperation[];
}

/**
 * A deployment that is as Pulumi writes it.
 *
 * @param value what `pulumi stack export` gave.
 * @throws Refusal where it is not: a state that somebody edited, or that was cut off.
 */
export function checkedDeployment(stack: string, value: unknown): Deployment {
    try {
        requireShape("state", value, "deployment");
    } catch (error) {
        throw error instanceof UnexpectedAnswerError
            ? new Refusal(
                  `${stack}: its state is not as Pulumi writes it: ${error.message}. Put the last good backup in its place ` +
                      "(docs/state.md).",
              )
            : error;
    }
    const { resources, pending_operations: pending, ...others } = value as Nullable<Deployment>;
    return { ...others, ...(resources && { resources }), ...(pending && { pending_operations: pending }) };
}

/** Go writes an empty list as null. */
type Nullable<T> = { readonly [K in keyof T]: T[K] | null };

/** A resource as the state holds it. Pulumi's built-in functions tell of URN, type and outputs alone. */
export interface StateResource {
    readonly urn: string;
    readonly type: string;
    readonly id?: string;
    readonly inputs?: Readonly<Record<string, unknown>>;
    readonly outputs?: Readonly<Record<string, unknown>>;
    readonly parent?: string;
    /** Its provider: URN and id. */
    readonly provider?: string;
    /** Whether its deletion is refused. */
    readonly protect?: boolean;
    readonly dependencies?: readonly string[];
    readonly propertyDependencies?: Readonly<Record<string, readonly string[]>>;
    readonly deletedWith?: string;
    /** When it was made, as RFC 3339. */
    readonly created?: string;
    /** When it was changed last, in the same form. */
    readonly modified?: string;
    /** Whether another has its place, and it is still to be deleted. */
    readonly delete?: boolean;
    /** Whether it was deleted to be made anew, and is not yet. */
    readonly pendingReplacement?: boolean;
}

/** An operation that Pulumi began and never heard the end of. */
export interface PendingOperation {
    readonly type: string;
    readonly resource: StateResource;
}

/**
 * Values of a list that a resource has, each in its place; what is none has nothing in it. There are none where it is a text, which a
 * run that broke off leaves for what was not known yet.
 */
export function listed<T extends object>(found: unknown): readonly Partial<T>[] {
    const isRecord = (one: unknown) => typeof one === "object" && one !== null;
    return Array.isArray(found) ? found.map((one) => (isRecord(one) ? (one as Partial<T>) : {})) : [];
}

/** Texts of a list that a resource has, as listed(); those that are none are left out. */
export function textsIn(found: unknown): readonly string[] {
    return Array.isArray(found) ? found.filter((one) => typeof one === "string") : [];
}

/** Types of a tenant's and a VM's resources. */
export const TENANT = "deevnet:tenant:Tenant";
export const TENANT_VM = "deevnet:tenant:TenantVm";
export const POOL = "proxmoxve:index/poolLegacy:PoolLegacy";
export const VM = "proxmoxve:index/vmLegacy:VmLegacy";
export const OPTIONS = "proxmoxve:firewall/optionsLegacy:OptionsLegacy";
export const RULES = "proxmoxve:firewall/rulesLegacy:RulesLegacy";
export const IPSET = "proxmoxve:firewall/ipsetLegacy:IpsetLegacy";
/** A backup job on a node, as node/jobs/resource.ts declares it. */
export const JOB = "pulumi-nodejs:dynamic/node:BackupJob";
/** Begin the types of what is on the nodes. */
export const ON_NODES = ["proxmoxve:", JOB];
/** Begins the types of what the stack writes to the core router. */
export const ROUTER = "pulumi-nodejs:dynamic/router:";

/** Type of the resource that stands for a stack. */
export const STACK = "pulumi:pulumi:Stack";

/** Outputs of a stack by its state; none for one that was never brought up. */
export function stackOutputsIn({ resources = [] }: Deployment): Readonly<Record<string, unknown>> {
    return resources.find(({ type }) => type === STACK)?.outputs ?? {};
}

/** A URN ends with the resource's name: urn:pulumi:{stack}::{project}::{types}::{name}. */
export function nameOf({ urn }: Pick<StateResource, "urn">): string {
    return urn.split("::").at(-1)!;
}

/** VMID of a VM, or of the one that a resource belongs to; NaN for any other resource. */
export function vmidOf({ type, id, inputs = {}, outputs = {} }: StateResource): number {
    return Number((type === VM ? id : undefined) ?? outputs["vmId"] ?? outputs["vmid"] ?? inputs["vmId"]);
}

/**
 * The resources of each tenant that the state has, by name and in its order, the tenant's component first. A resource is the
 * tenant's below whose component it stands; where the state does not say that, what it says of itself decides: its pool or
 * its tenant among those whose names its own begins with, else the longest of them.
 */
export function byTenant(resources: readonly StateResource[]): ReadonlyMap<string, readonly StateResource[]> {
    const byUrn = new Map(resources.map((resource) => [resource.urn, resource]));
    const names = resources.filter(({ type }) => type === TENANT).map(nameOf);
    const tenantOf = (resource: StateResource): string | undefined => {
        const parent = byUrn.get(resource.parent ?? "");
        return resource.type === TENANT
            ? nameOf(resource)
            : parent === undefined
              ? tenantByItself(resource, names)
              : tenantOf(parent);
    };
    const owned = resources.map((resource) => [tenantOf(resource), resource] as const);
    const ofTenant = (name: string) => {
        const own = owned.filter(([tenant]) => tenant === name).map(([, resource]) => resource);
        return own.sort((a, b) => Number(b.type === TENANT) - Number(a.type === TENANT));
    };
    return new Map([...names].sort().map((name) => [name, ofTenant(name)]));
}

/** The resources of a state that are no tenant's. @param tenants byTenant() of them. */
export function ofNoTenant(
    resources: readonly StateResource[],
    tenants: ReturnType<typeof byTenant>,
): readonly StateResource[] {
    const owned = new Set([...tenants.values()].flat());
    return resources.filter((one) => !owned.has(one));
}

/** Begins the types of resources that a tenant may have; a hypervisor's provider and baseline are nobody's. */
const TENANTS = [...ON_NODES, ROUTER, TENANT];

function tenantByItself(resource: StateResource, names: readonly string[]): string | undefined {
    if (!TENANTS.some((type) => resource.type.startsWith(type))) {
        return undefined;
    }
    const own = nameOf(resource);
    const begins = names.filter((name) => own.startsWith(`${name}-`)).sort((a, b) => b.length - a.length);
    const said = resource.outputs?.["tenant"] ?? resource.outputs?.["poolId"];
    return begins.find((name) => name === said) ?? begins[0];
}
