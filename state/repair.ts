import {
    IPSET,
    listed,
    nameOf,
    OPTIONS,
    POOL,
    RULES,
    TENANT_VM,
    textsIn,
    VM,
    type Deployment,
    type PendingOperation,
    type StateResource,
} from "./deployment";

/** A state that the next run can go on with, and what was done to it, in words. */
export interface Repair {
    readonly deployment: Deployment;
    readonly notes: readonly string[];
}

/** Whether what a creation was to make is on the node, as the one that the inputs describe. */
export type IsThere = (resource: StateResource) => Promise<boolean>;

/** VMs of the state of which the node says something else, by VMID. */
export interface Unlike {
    /** Those that PVE protects, as the state does not know. */
    readonly guarded: ReadonlySet<string>;
    /** Those that are stopped and have no firewall. */
    readonly unwalled: ReadonlySet<string>;
}

const ALIKE: Unlike = { guarded: new Set(), unwalled: new Set() };

/**
 * Settles what an interrupted run left in the state, and what the provider never reads:
 *
 * * a creation that was under way: what it made is put into the state as made, so that the next run goes on with it in
 *   place; what it did not make is forgotten;
 * * what was deleted to be made anew is forgotten, but for VMs, and so are firewall options of a VM that was made anew since;
 * * a disk whose name the provider lost when it was detached by hand gets its name back;
 * * a VM that PVE protects is protected in the state, so that the provider reads it from then on and the next up lifts what no
 *   file declares: of a clone it reads it only where the state says so (vmReadPrimitiveValues, vm.go:5804 of bpg v0.111.1);
 * * a firewall that is gone from the node is forgotten, for the same reason as one that went with its VM.
 *
 * The state given is not changed; the repair without notes is the same state.
 */
export async function repairState(
    deployment: Deployment,
    isThere: IsThere,
    now = new Date().toISOString(),
    unlike = ALIKE,
): Promise<Repair> {
    const notes: string[] = [];
    const disks = extraDisksByVm(deployment.resources ?? []);
    const resources = (deployment.resources ?? []).map((resource) =>
        withProtection(withDiskNames(resource, disks, notes), unlike.guarded, notes),
    );
    const pending = await settlePending(deployment.pending_operations ?? [], resources, isThere, { now, notes });
    const kept = withoutGone(resources, unlike.unwalled, notes);
    return notes.length === 0
        ? { deployment, notes }
        : { deployment: { ...deployment, resources: kept, pending_operations: pending }, notes };
}

/** Puts what was made into the resources; gives back the operations that are left. */
async function settlePending(
    operations: readonly PendingOperation[],
    resources: StateResource[],
    isThere: IsThere,
    { now, notes }: { readonly now: string; readonly notes: string[] },
): Promise<PendingOperation[]> {
    const replaced = new Map(resources.flatMap((one, at) => (one.pendingReplacement ? [[one.urn, at] as const] : [])));
    const known = new Set(resources.map(({ urn }) => urn).filter((urn) => !replaced.has(urn)));
    const pending: PendingOperation[] = [];
    for (const operation of operations) {
        const { type, resource } = operation;
        if (type !== "creating" || known.has(resource.urn)) {
            pending.push(operation);
        } else if (idOf(resource) !== undefined && (await isThere(resource))) {
            // In the place of what it replaces, before all that depends on it.
            resources.splice(replaced.get(resource.urn) ?? resources.length, 1, asCreated(resource, now));
            notes.push(`${nameOf(resource)}: it was made before the run was interrupted; the state has it now`);
        } else {
            notes.push(`${nameOf(resource)}: it was not made before the run was interrupted; the next up makes it`);
        }
    }
    return pending;
}

/**
 * Takes out what the node has no more, so that the next up makes it like all that is missing:
 *
 * * what was deleted to be made anew. An up that makes its VM anew would delete it once more, which fails (generateStepsFromDiff in
 *   step_generator.go of Pulumi 3.259.0 asks for `PendingReplacement` of the VM alone). A VM's record stays: by it a run knows
 *   what is its own;
 * * firewall options that are older than their VM, since PVE drops them with a VM. The provider does not see that they are gone, and
 *   the VM would be without its firewall.
 */
function withoutGone(
    resources: readonly StateResource[],
    unwalled: ReadonlySet<string>,
    notes: string[],
): StateResource[] {
    const since = new Map(resources.filter(({ type }) => type === VM).map((vm) => [vm.id, vm.created]));
    const outlived = ({ type, inputs = {}, created }: StateResource) =>
        type === OPTIONS &&
        (isBefore(created, since.get(String(inputs["vmId"]))) || unwalled.has(String(inputs["vmId"])));
    const gone = resources.filter((one) => (one.pendingReplacement && one.type !== VM) || outlived(one));
    const where = ({ type, inputs = {} }: StateResource) =>
        type === OPTIONS && unwalled.has(String(inputs["vmId"]))
            ? "it is gone from the node"
            : "it went with the VM that was made anew";
    notes.push(...gone.map((one) => `${nameOf(one)}: ${where(one)}; the next up makes it`));
    const urns = new Set(gone.map(({ urn }) => urn));
    return resources.filter(({ urn }) => !urns.has(urn)).map((resource) => independentOf(urns, resource));
}

function withProtection(resource: StateResource, guarded: ReadonlySet<string>, notes: string[]): StateResource {
    if (resource.type !== VM || !guarded.has(resource.id ?? "")) {
        return resource;
    }
    notes.push(
        `${nameOf(resource)}: PVE protects VM ${resource.id}, which the state did not know; the next up lifts it`,
    );
    return { ...resource, outputs: { ...resource.outputs, protection: true } };
}

function isBefore(one: string | undefined, other: string | undefined): boolean {
    return one !== undefined && other !== undefined && Date.parse(one) < Date.parse(other);
}

function independentOf(urns: ReadonlySet<string>, resource: StateResource): StateResource {
    const others = (list: readonly string[]) => list.filter((urn) => !urns.has(urn));
    const { dependencies, propertyDependencies } = resource;
    if (!dependencies?.some((urn) => urns.has(urn))) {
        return resource;
    }
    const byProperty = Object.entries(propertyDependencies ?? {}).map(([name, list]) => [name, others(list)] as const);
    return {
        ...resource,
        dependencies: others(dependencies),
        propertyDependencies: Object.fromEntries(byProperty),
    };
}

/** A resource as the state has it once it was made: its inputs, until a refresh reads the rest. */
export function asCreated(resource: StateResource, now: string): StateResource {
    const id = idOf(resource)!;
    return { ...resource, id, outputs: { ...resource.inputs, id }, created: now };
}

/** ID of a resource that stays when a run is interrupted; undefined for one that a creation makes no second time. */
function idOf({ type, inputs = {} }: StateResource): string | undefined {
    switch (type) {
        case VM:
            return String(inputs["vmId"]);
        case POOL:
            return String(inputs["poolId"]);
        case RULES:
            return `rules-${String(inputs["vmId"])}`;
        case IPSET:
            return String(inputs["name"]);
        default:
            return undefined;
    }
}

interface Disk {
    readonly interface: string;
}

/** The disks beside the system disk that each VM was last declared with, by the VM's name in the state. */
function extraDisksByVm(resources: readonly StateResource[]): ReadonlyMap<string, readonly string[]> {
    const components = resources.filter(({ type }) => type === TENANT_VM);
    return new Map(
        components.map((component) => {
            return [`${nameOf(component)}-vm`, textsIn(component.outputs?.["extraDisks"])];
        }),
    );
}

/** The provider keeps the place of a disk that it no longer finds, without its name; the component still has it. */
function withDiskNames(
    resource: StateResource,
    extraDisks: ReadonlyMap<string, readonly string[]>,
    notes: string[],
): StateResource {
    const now = listed<Disk>(resource.outputs?.["disks"]);
    if (resource.type !== VM || now.every((disk) => disk.interface)) {
        return resource;
    }
    const names = ["scsi0", ...(extraDisks.get(nameOf(resource)) ?? [])];
    const named = (disks: readonly Partial<Disk>[]) =>
        disks.slice(0, names.length).map((disk, index) => ({ ...disk, interface: disk.interface || names[index]! }));
    notes.push(`${nameOf(resource)}: a disk that was detached by hand has its name in the state again`);
    const declared = listed<Disk>(resource.inputs?.["disks"]);
    return {
        ...resource,
        inputs: { ...resource.inputs, disks: named(declared) },
        outputs: { ...resource.outputs, disks: named(now) },
    };
}
