import {
    IPSET,
    nameOf,
    OPTIONS,
    POOL,
    ROUTER,
    RULES,
    TENANT,
    VM,
    vmidOf,
    type Deployment,
    type StateResource,
} from "../../state/deployment";
import type { Hypervisor, Substrate } from "../../substrate/substrate";

/** The guests and pools of one node that the state has. */
export interface Subjects {
    readonly guests: readonly GuestSubject[];
    /** Names of pools. */
    readonly pools: readonly string[];
}

/** A guest of which VM, firewall, or a part of it stands in the state. */
export interface GuestSubject {
    readonly vmid: number;
    /** Names of its ipsets in the state. */
    readonly ipsets: readonly string[];
    /** Whether the provider asks its guest agent for addresses. */
    readonly asksAgent: boolean;
}

/** Types of a guest's resources. */
const OF_GUEST = [VM, OPTIONS, RULES, IPSET];

/**
 * Types of which a refresh reads nothing from anywhere: components and providers (RefreshStep.Apply in pkg/resource/deploy/step.go
 * of pulumi 3.259.0), and the command plugin's, whose Read gives back what the state has; what a host is like the program asks in
 * each run.
 */
const NEVER_READ = /^(pulumi:pulumi:Stack|pulumi:providers:.*|deevnet:.*|command:remote:.*)$/;

/**
 * Everything that a refresh of a state would read from the nodes, by the hypervisor's name.
 *
 * @returns undefined where a refresh may do more than to compare: the state has operations that did not end, a resource of a type
 * that is not known here, or one that the substrate has no node or no tenant for any more.
 */
export function subjectsOf(
    { hypervisors, tenants, status }: Substrate,
    { resources = [], pending_operations: pending = [] }: Deployment,
): ReadonlyMap<string, Subjects> | undefined {
    const declared = new Set(tenants.map(({ name }) => name));
    const leaves = (one: StateResource) => one.type === TENANT && !declared.has(nameOf(one));
    if (status === "planned" || pending.length > 0 || resources.some((one) => isUnfinished(one) || leaves(one))) {
        return undefined;
    }
    const read = resources.filter(({ type }) => !NEVER_READ.test(type) && !type.startsWith(ROUTER));
    const own = hypervisors.map((hypervisor) => read.filter((one) => isOn(hypervisor, one)));
    if (own.flat().length !== read.length) {
        return undefined;
    }
    return new Map(hypervisors.map(({ name }, index) => [name, subjectsAmong(own[index]!)]));
}

/** A replacement, deletion or creation that broke off, and one that belongs to another stack. */
function isUnfinished({ pendingReplacement, ...others }: StateResource): boolean {
    const { delete: leaves, external, initErrors = [] } = others as Unfinished;
    return pendingReplacement === true || leaves === true || external === true || (initErrors ?? []).length > 0;
}

interface Unfinished {
    readonly delete?: boolean;
    readonly external?: boolean;
    readonly initErrors?: readonly string[] | null;
}

/** Whether a resource is a pool or a part of a guest, on a hypervisor's own node. */
function isOn({ name, node }: Hypervisor, resource: StateResource): boolean {
    if (providerOf(resource) !== name) {
        return false;
    }
    const { outputs = {}, inputs = {} } = resource;
    return resource.type === POOL
        ? resource.id !== undefined
        : OF_GUEST.includes(resource.type) &&
              (outputs["nodeName"] ?? inputs["nodeName"]) === node &&
              Number.isInteger(vmidOf(resource));
}

/** Name of the provider of a resource, which is its hypervisor's: the state has its URN, and its id behind two more colons. */
function providerOf({ provider = "" }: StateResource): string | undefined {
    return provider.split("::").at(-2);
}

/** Name of the digest that a resource is read in (guestName, poolName); undefined for one of which nothing is read from a node. */
export function digestNameOf(resource: StateResource): string | undefined {
    const hypervisor = providerOf(resource);
    if (hypervisor === undefined || (resource.type !== POOL && !OF_GUEST.includes(resource.type))) {
        return undefined;
    }
    return resource.type === POOL ? poolName(hypervisor, resource.id!) : guestName(hypervisor, vmidOf(resource));
}

/** Name of the digest of a guest. */
export function guestName(hypervisor: string, vmid: number): string {
    return `${hypervisor} guest ${vmid}`;
}

/** Name of the digest of a pool. */
export function poolName(hypervisor: string, pool: string): string {
    return `${hypervisor} pool ${pool}`;
}

function subjectsAmong(resources: readonly StateResource[]): Subjects {
    const guests = resources.filter(({ type }) => type !== POOL);
    const vmids = [...new Set(guests.map(vmidOf))];
    return {
        pools: resources.filter(({ type }) => type === POOL).map(({ id }) => id!),
        guests: vmids.map((vmid) => {
            const parts = guests.filter((one) => vmidOf(one) === vmid);
            const ipsets = parts.filter(({ type }) => type === IPSET).map(({ id, inputs }) => ipsetOf(id, inputs));
            return { vmid, ipsets, asksAgent: parts.some((one) => one.type === VM && asksAgent(one)) };
        }),
    };
}

/** Name of an ipset: the provider's id of it (firewall/ipset.go of bpg 0.111.1, ipSetRead). */
function ipsetOf(id: string | undefined, inputs: StateResource["inputs"] = {}): string {
    return id ?? String(inputs["name"]);
}

/** The provider asks each running guest with an agent, unless it is told not to (ReadNetworkValues, getAgentWaitForIPConfig of bpg 0.111.1). */
function asksAgent({ inputs = {}, outputs = {} }: StateResource): boolean {
    const { waitForIp } = (outputs["agent"] ?? inputs["agent"] ?? {}) as { waitForIp?: { disabled?: boolean } | null };
    return waitForIp?.disabled !== true;
}
