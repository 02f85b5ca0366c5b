import type { PreviewStep } from "./preview/client";
import { nameOf, VM, vmidOf, type Deployment, type StateResource } from "./deployment";
import { asCreated, type IsThere, type Repair } from "./repair";

/** Stands for the template that a VM was cloned from, which counts at its creation alone: the least VMID that the provider takes. */
const ANY_TEMPLATE = 100;

/**
 * Takes VMs into a state that were made for a run which never heard of it: a provider that is killed leaves the engine with an
 * error, and no pending operation. What a preview would make says how they are declared; each is taken back only where the node has
 * just that VM.
 *
 * @param vmids those that are on the node and not in the state.
 * @param steps of a preview of the nodes.
 * @returns the same state, without notes, where none is taken back.
 */
export async function takenBack(
    deployment: Deployment,
    vmids: ReadonlySet<number>,
    steps: readonly PreviewStep[],
    isThere: IsThere,
    now = new Date().toISOString(),
): Promise<Repair> {
    const resources = [...(deployment.resources ?? [])];
    const made = new Map(
        steps
            .flatMap(({ op, newState }) => (op === "create" && newState ? [asResource(newState)] : []))
            .map((one) => [one.urn, one]),
    );
    const notes: string[] = [];
    for (const machine of [...made.values()].filter((one) => one.type === VM && vmids.has(vmidOf(one)))) {
        const own = [...ancestorsOf(machine, resources, made), machine];
        const provider = (machine as { provider?: string }).provider ?? "";
        if (resources.some(({ urn, id }) => `${urn}::${id}` === provider) && (await isThere(machine))) {
            own.forEach((one) => resources.push(one === machine ? asTaken(one, resources, now) : one));
            notes.push(
                `${nameOf(machine)}: VM ${vmidOf(machine)} bears all its marks on the node, and the state did not have it; it does now`,
            );
        }
    }
    return notes.length === 0 ? { deployment, notes } : { deployment: { ...deployment, resources }, notes };
}

/** A resource of a preview as a state has it. */
function asResource(state: NonNullable<PreviewStep["newState"]>): StateResource {
    return state as unknown as StateResource;
}

/** Components that a resource stands under and a state does not have, the outermost first. */
function ancestorsOf(
    { parent }: StateResource,
    resources: readonly StateResource[],
    made: ReadonlyMap<string, StateResource>,
): StateResource[] {
    const above = parent === undefined || resources.some(({ urn }) => urn === parent) ? undefined : made.get(parent);
    return above === undefined ? [] : [...ancestorsOf(above, resources, made), above];
}

/** A VM without what the state does not have, and without the template, which no preview knows. */
function asTaken(machine: StateResource, resources: readonly StateResource[], now: string): StateResource {
    const known = new Set(resources.map(({ urn }) => urn));
    const there = (urns: readonly string[] = []) => urns.filter((urn) => known.has(urn));
    const by = Object.entries(machine.propertyDependencies ?? {}).map(([name, urns]) => [name, there(urns)] as const);
    const { clone, ...inputs } = machine.inputs as { clone?: object };
    const declared = { ...inputs, clone: { ...clone, vmId: ANY_TEMPLATE } };
    return {
        ...asCreated({ ...machine, inputs: declared }, now),
        dependencies: there(machine.dependencies),
        propertyDependencies: Object.fromEntries(by),
    };
}
