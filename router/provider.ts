/**
 * Operations of Pulumi's dynamic provider for the resources on the core router. This is loaded from the program's folder when
 * a resource is worked on (see resources.ts), so the state holds none of this code.
 */
import { isDeepStrictEqual } from "node:util";
import { printed } from "../definitions/printed";
import { Refusal } from "../definitions/refusal";
import { PROVIDER, type Properties } from "../state/dynamicResource";
import { RouterClient } from "./client";
import { credentials, valueOf, type Configured } from "./credentials";
import { dhcpKind } from "./dhcp/kind";
import { RouterError } from "./errors";
import type { Kept, Kind, Target } from "./kind";
import { isMarked } from "./mark";
import { namesKind } from "./names/kind";
import { isTenants, markOf } from "../substrate/recordOwnership";
import { queueOf, UnappliedError, type Writer } from "./queue";
import { rulesKind } from "./rules/kind";
import { requiringListed } from "./rules/listed";
import { currentRun, partOf, type Announced, type KindName } from "./run";
import type { Service } from "./services";
import { vlanKind } from "./vlan/kind";

/** A failure after something was written: Pulumi keeps the resource, and the next `up` completes it. */
export class PartialError extends Error {
    readonly reasons: string[];

    constructor(
        message: string,
        readonly id: string,
        readonly properties: Properties,
    ) {
        super(printed(message));
        this.reasons = [this.message];
    }
}

/** The operations of Pulumi's dynamic providers (@pulumi/pulumi, dynamic.ResourceProvider). */
export interface Operations {
    configure(request: { readonly config: { get(key: string): string | undefined } }): Promise<void>;
    check(olds: Properties, news: Properties): Promise<{ inputs: Properties; failures: Failure[] }>;
    diff(id: string, olds: Properties, news: Properties): Promise<Difference>;
    create(inputs: Properties): Promise<{ id: string; outs: Properties }>;
    read(id: string, props: Properties): Promise<{ id: string; props: Properties; inputs?: Properties }>;
    update(id: string, olds: Properties, news: Properties): Promise<{ outs: Properties }>;
    delete(id: string, props: Properties): Promise<void>;
}

interface Failure {
    readonly property: string;
    readonly reason: string;
}

interface Difference {
    readonly changes: boolean;
    readonly replaces: string[];
}

/** Reads the stack's configuration, once Pulumi has handed it over; it is the same for every kind. */
let configured: Configured = () => undefined;

/** Stands for what a preview does not know yet (@pulumi/pulumi, runtime/rpc unknownValue). */
const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** Input with which a program announces its run; it ends at the check. */
const RUN = "run";

/** Set in the state of a resource of which nothing is left on the router. */
const MISSING = "missing";

/** Operations by the name of the kind that a resource gives. */
export const kinds: Readonly<Record<string, Operations>> = {
    vlan: operations(vlanKind),
    dhcp: operations(dhcpKind),
    names: operations(namesKind),
    rules: operations(requiringListed(rulesKind)),
};

/** A reading of a resource with a client of the caller's own, outside of a run of Pulumi, by the kind's name. */
export const readings: Readonly<
    Record<KindName, (client: RouterClient, props: Properties) => ReturnType<typeof readBy>>
> = {
    vlan: (client, props) => readBy(client, vlanKind, props),
    dhcp: (client, props) => readBy(client, dhcpKind, props),
    names: (client, props) => readBy(client, namesKind, props),
    rules: (client, props) => readBy(client, rulesKind, props),
};

/** Pulumi's operations on resources of a kind. */
export function operations<I extends Target, S extends Kept>(kind: Kind<I, S>): Operations {
    return {
        configure: ({ config }) => {
            configured = (key) => valueOf(config, key);
            return Promise.resolve();
        },
        check: (_olds, news) => Promise.resolve(check(kind, news)),
        diff: (_id, olds, news) => Promise.resolve(difference(kind, olds, news)),
        create: (news) => withoutStack(() => create(kind, news)),
        read: (id, props) => withoutStack(() => read(kind, id, props)),
        update: (_id, olds, news) => withoutStack(() => update(kind, olds, news)),
        delete: (_id, props) => withoutStack(() => remove(kind, props)),
    };
}

/** Errors that show as their message alone: Pulumi prints the stack of any other. */
async function withoutStack<T>(operation: () => Promise<T>): Promise<T> {
    try {
        return await operation();
    } catch (error) {
        currentRun.fail();
        if (error instanceof Refusal || error instanceof PartialError) {
            error.stack = "";
        }
        throw error;
    }
}

/** Faults of the inputs; the run that they announce goes no further. */
function check<I extends Target, S extends Kept>(kind: Kind<I, S>, { [RUN]: announced, ...news }: Properties) {
    currentRun.checked(partOf(kind.name, String(news["tenant"])), announced as Announced | undefined);
    return { inputs: news, failures: faults(kind, news) };
}

/** Whether something of a resource would change, and whether another has to take its place. */
function difference<I extends Target, S extends Kept>(
    kind: Kind<I, S>,
    olds: Properties,
    news: Properties,
): Difference {
    const wanted = withoutProvider(news);
    const names = Object.keys({ ...inputsIn(kind, olds), ...wanted });
    const changed = names.filter((name) => !isDeepStrictEqual(olds[name], wanted[name]));
    const replaces = changed.filter((name) => kind.identity.some((one) => one === name));
    const changes = changed.length > 0 || olds[MISSING] === true || stateIn(kind, olds).unapplied.length > 0;
    if (!changes) {
        currentRun.unchanged(partOf(kind.name, String(news["tenant"])));
    }
    return { changes, replaces };
}

async function create<I extends Target, S extends Kept>(kind: Kind<I, S>, news: Properties) {
    const inputs = inputsIn(kind, news);
    // Whether what is there already was ever taken over cannot be told, so all of it is.
    const outs = await keeping(news, () => bringAbout(kind, inputs, kind.emptyState(), true));
    return { id: kind.id(inputs), outs };
}

async function update<I extends Target, S extends Kept>(kind: Kind<I, S>, olds: Properties, news: Properties) {
    const anew = olds[MISSING] === true;
    return { outs: await keeping(news, () => bringAbout(kind, inputsIn(kind, news), stateIn(kind, olds), anew)) };
}

/**
 * Reads a resource. One of which nothing is left stays in the state: its records may be gone and still be served, where a
 * service refused to take over that they were deleted, and nothing on the router says so. It ends with a delete that
 * every service took over, or an `up` writes it again.
 */
async function read<I extends Target, S extends Kept>(kind: Kind<I, S>, id: string, props: Properties) {
    const inputs = inputsIn(kind, props);
    currentRun.read(partOf(kind.name, inputs.tenant));
    return { id, ...(await readBy(clientOf(inputs), kind, props)) };
}

/** Properties and inputs of a resource as the router has it now. */
async function readBy<I extends Target, S extends Kept>(client: RouterClient, kind: Kind<I, S>, props: Properties) {
    const inputs = inputsIn(kind, props);
    const state = stateIn(kind, props);
    if (await isMarked(client)) {
        // A run was killed after it wrote: whatever is saved may not be active, and an `up` makes it so.
        state.unapplied = [...new Set([...state.unapplied, ...kind.services(inputs, state)])];
    }
    const found = await kind.read(client, inputs, state);
    if (found === undefined) {
        const missing = together(inputs, { [MISSING]: true });
        return { props: together(missing, { ...state, uuids: {} }), inputs: missing };
    }
    return { props: together(found.inputs, found.state), inputs: together(found.inputs, {}) };
}

async function remove<I extends Target, S extends Kept>(kind: Kind<I, S>, props: Properties): Promise<void> {
    const inputs = inputsIn(kind, props);
    const state = stateIn(kind, props);
    const operation = { part: partOf(kind.name, inputs.tenant), removes: true };
    const warning = await queueOf(inputs.endpoint).run(clientOf(inputs), operation, async (writer) => {
        // Also where nothing is left to delete, since an earlier teardown may have ended before this.
        [...state.unapplied, ...kind.services(inputs, state)].forEach((service) => writer.dirty(service));
        return kind.remove(writer, inputs, state);
    });
    if (warning !== undefined) {
        console.error(printed(`warning: ${warning}`));
    }
}

/** Puts the provider's text, which Pulumi adds itself only where all went well, into what is kept of a failure. */
async function keeping<T>(news: Properties, operation: () => Promise<T>): Promise<T> {
    try {
        return await operation();
    } catch (error) {
        if (error instanceof PartialError) {
            throw new PartialError(error.message, error.id, { ...error.properties, [PROVIDER]: news[PROVIDER] });
        }
        throw error;
    }
}

/** Writes a resource's records; gives back the properties that Pulumi keeps. */
async function bringAbout<I extends Target, S extends Kept>(
    kind: Kind<I, S>,
    inputs: I,
    state: S,
    all: boolean,
): Promise<Properties> {
    const client = clientOf(inputs);
    const written = new Set<Service>(state.unapplied);
    try {
        const operation = { part: partOf(kind.name, inputs.tenant), removes: false };
        await queueOf(inputs.endpoint).run(client, operation, async (writer) => {
            state.unapplied.forEach((service) => writer.dirty(service));
            await kind.write(noting(writer, written), inputs, state);
            if (all) {
                kind.services(inputs, state).forEach((service) => writer.dirty(service));
            }
        });
        state.unapplied = [];
        await kind.verify?.(client, inputs, state);
        const told = await kind.afterwards?.(client, inputs, state);
        if (told !== undefined) {
            console.error(told);
        }
        return together(inputs, state);
    } catch (error) {
        state.unapplied = error instanceof UnappliedError ? [...error.unapplied] : [];
        const { message } = error as Error;
        if (written.size === 0 && state.unapplied.length === 0) {
            throw new RouterError(message);
        }
        throw new PartialError(message, kind.id(inputs), together(inputs, state));
    }
}

/** The writer, with a note of what the work itself wrote. */
function noting(writer: Writer, written: Set<Service>): Writer {
    return {
        client: writer.client,
        dirty: (service) => {
            written.add(service);
            writer.dirty(service);
        },
    };
}

function clientOf({ endpoint }: Target): RouterClient {
    return new RouterClient(endpoint, credentials(configured));
}

/** Faults of inputs; those that are not known yet are left for later. */
function faults<I extends Target, S extends Kept>(kind: Kind<I, S>, news: Properties): Failure[] {
    if (JSON.stringify(news).includes(UNKNOWN)) {
        return [];
    }
    const inputs = news as unknown as I;
    const foreign = kind.descriptions(inputs).filter((text) => !isTenants(text, inputs.tenant));
    const failures = foreign.map((text) => ({
        property: "description",
        reason: `${JSON.stringify(text)} must begin with ${JSON.stringify(markOf(inputs.tenant))}`,
    }));
    const fault = kind.fault?.(inputs);
    return fault === undefined ? failures : [...failures, { property: "rules", reason: fault }];
}

export function withoutProvider(props: Properties): Properties {
    return Object.fromEntries(Object.entries(props).filter(([name]) => name !== PROVIDER));
}

/** The inputs among a resource's properties. */
function inputsIn<I extends Target, S extends Kept>(kind: Kind<I, S>, props: Properties): I {
    const kept = [...Object.keys(kind.emptyState()), MISSING];
    const inputs = Object.entries(withoutProvider(props)).filter(([name]) => !kept.includes(name));
    return Object.fromEntries(inputs) as unknown as I;
}

/** Properties as Pulumi keeps them. */
function together(inputs: object, state: object): Properties {
    return { ...inputs, ...state };
}

function stateIn<I extends Target, S extends Kept>(kind: Kind<I, S>, props: Properties): S {
    const empty = kind.emptyState();
    const kept = Object.keys(empty).filter((name) => props[name] !== undefined);
    return { ...empty, ...Object.fromEntries(kept.map((name) => [name, structuredClone(props[name])])) };
}
