import { randomUUID } from "node:crypto";
import type { ConfigValue } from "../client";
import type { PreviewStep } from "../preview/client";
import { nameOf, ROUTER, type Deployment, type PendingOperation, type StateResource } from "../deployment";
import type { Repair } from "../repair";
import type { Entry, Journal } from "./entries";

/** Begins the types of Pulumi's resources that stand for a provider. */
const PROVIDER = "pulumi:providers:";

/** Type of the provider of dynamic resources. */
const DYNAMIC = `${PROVIDER}pulumi-nodejs`;

/**
 * Makes a state whole that a run which was killed never saved: what the run made is in it as made, and what it had begun as a
 * pending operation, just as the CLI's own checkpoints would have it. What it changed or deleted, the next run's reading finds.
 *
 * The journal says what was made, with which values; how it is declared beside them (parent, provider, dependencies) a preview
 * says.
 *
 * @param steps of a preview of nodes and core router beside that state.
 * @param configuration the stack's, which the provider of dynamic resources has a copy of.
 * @param newId gives the ID of a provider that the state does not have.
 * @returns the same state, without notes, where the journal tells of nothing.
 */
export function wholeState(
    deployment: Deployment,
    { entries }: Journal,
    steps: readonly PreviewStep[],
    configuration: Readonly<Record<string, ConfigValue>>,
    newId: () => string = randomUUID,
): Repair {
    const told = declaredIn(steps);
    const declared = new Map([...told, ...dynamicProvider(told, configuration)]);
    const resources = [...(deployment.resources ?? [])];
    const pending = [...(deployment.pending_operations ?? [])];
    const notes: string[] = [];
    for (const one of declared.values()) {
        const entry = entries.get(one.urn);
        if (entry === undefined) {
            continue;
        }
        for (const needed of needsOf(one, declared, resources)) {
            put(resources, asKnown(needed.type.startsWith(PROVIDER) ? { ...needed, id: newId() } : needed, resources));
        }
        const resource = asKnown(one, resources);
        if (entry.made === undefined) {
            pending.push(begun(resource, entry, resources));
        } else {
            put(resources, made(resource, entry));
        }
        notes.push(`${nameOf(one)}: the journal of the run that was killed has it as ${entry.made ? "made" : "begun"}`);
    }
    return notes.length === 0
        ? { deployment, notes }
        : { deployment: { ...deployment, resources, pending_operations: pending }, notes };
}

/**
 * Puts a resource into the place of the one with its URN. What is on a node is deleted before another takes its place; what is on a
 * router is deleted after that, which is still to be done.
 */
function put(resources: StateResource[], resource: StateResource): void {
    const at = resources.findIndex(({ urn }) => urn === resource.urn);
    const [replaced] = resources.splice(at < 0 ? resources.length : at, 1, resource);
    if (replaced !== undefined && resource.type.startsWith(ROUTER)) {
        resources.push({ ...replaced, delete: true });
    }
}

/** Resources as they are declared, by URN, in the order in which a program declares them. */
function declaredIn(steps: readonly PreviewStep[]): ReadonlyMap<string, StateResource> {
    const states = steps.flatMap(({ newState }) => (newState ? [newState as unknown as StateResource] : []));
    return new Map(states.map((one) => [one.urn, one]));
}

/**
 * The provider of dynamic resources, by its URN. The engine makes it by itself, with all of the stack's configuration as its inputs
 * (GetPackageConfig in pkg/resource/deploy/target.go of Pulumi 3.259.0), and no preview tells of it.
 */
function dynamicProvider(
    declared: ReadonlyMap<string, Declared>,
    configuration: Readonly<Record<string, ConfigValue>>,
): ReadonlyMap<string, StateResource> {
    const providers = [...declared.values()].map(({ provider = "" }) => urnIn(provider));
    const urn = providers.find((one) => one.split("::").at(-2) === DYNAMIC);
    const inputs = Object.fromEntries(
        Object.entries(configuration).map(([name, { value = "", secret }]) => [name, secret ? secretOf(value) : value]),
    );
    return new Map(urn === undefined ? [] : [[urn, { urn, custom: true, type: DYNAMIC, inputs, outputs: inputs }]]);
}

/** URN in a reference to a provider, which ends with the provider's ID. */
function urnIn(provider: string): string {
    return provider.slice(0, provider.lastIndexOf("::"));
}

/** A secret of a state that is imported: the CLI encrypts it (pkg/resource/stack/deployment.go of Pulumi 3.259.0). */
function secretOf(value: string): object {
    return {
        "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
        plaintext: JSON.stringify(value),
    };
}

/** Components that a resource stands under, and its provider, as far as the state does not have them, the outermost first. */
function needsOf(
    { parent, provider }: Declared,
    declared: ReadonlyMap<string, StateResource>,
    known: readonly StateResource[],
): StateResource[] {
    const urns = [parent, provider && urnIn(provider)];
    return urns.flatMap((urn) => {
        const one = urn === undefined || known.some((other) => other.urn === urn) ? undefined : declared.get(urn);
        return one === undefined ? [] : [...needsOf(one, declared, known), one];
    });
}

type Declared = StateResource & { readonly provider?: string };

/** A resource that refers to what the state has alone, and to its provider by the ID that this has there. */
function asKnown(resource: Declared, known: readonly StateResource[]): StateResource {
    const urns = new Set(known.map(({ urn }) => urn));
    const there = (list: readonly string[] = []) => list.filter((urn) => urns.has(urn));
    const by = Object.entries(resource.propertyDependencies ?? {}).map(([name, list]) => [name, there(list)] as const);
    const provider = known.find(({ urn }) => resource.provider?.startsWith(`${urn}::`) === true);
    return {
        ...resource,
        ...(provider && { provider: `${provider.urn}::${provider.id}` }),
        dependencies: there(resource.dependencies),
        propertyDependencies: Object.fromEntries(by),
    };
}

function made(resource: StateResource, { inputs, made }: Entry): StateResource {
    return { ...resource, id: made!.id, inputs, outputs: made!.outputs, created: made!.at };
}

/** A creation under way. What it takes the place of was deleted before, which the engine would have noted of it. */
function begun(resource: StateResource, { inputs }: Entry, resources: StateResource[]): PendingOperation {
    const at = resources.findIndex(({ urn }) => urn === resource.urn);
    if (at >= 0) {
        resources[at] = { ...resources[at]!, pendingReplacement: true };
    }
    return { type: "creating", resource: { ...resource, id: "", inputs, outputs: {} } };
}
