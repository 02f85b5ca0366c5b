import { isAsKept } from "../../router/asKept";
import type { Answers } from "../../node/client";
import { readDigests } from "../../node/reading/read";
import { hasStatesOf, partsOf } from "../../node/reading/parts";
import { subjectsOf } from "../../node/reading/subjects";
import { byTenant, ofNoTenant, ROUTER, TENANT_VM, type Deployment, type StateResource } from "../../state/deployment";
import type { Told } from "../../state/events/events";
import { declaredDigests, keepReading, lastReading, readState, versions } from "../../state/reading/read";
import {
    declaredAsThen,
    isSameDeclared,
    NO_TENANT,
    tenantsAsRead,
    tenantsIn,
    type Declared,
    type Digests,
    type Reading,
    type Settled,
} from "../../state/reading/reading";
import type { Substrate } from "../../substrate/substrate";
import { Refusal } from "../cli/errors";
import { routerClient } from "./routerClient";

/** Option of what compares nodes and router with the state. */
export const REFRESH = {
    says: "auto reads nodes and router in full only where something changed since the last run, always in every run",
    value: "auto|always",
    choices: ["auto", "always"],
    default: "auto",
} as const;

/** How a substrate's machines are beside the state, as far as that can be told before a run. */
export interface Comparison {
    /** Whether a refresh would find everything as the state has it, so that a run needs none. */
    readonly unchanged: boolean;
    /** Tenants of which a refresh would find everything as the state has it. */
    readonly asRead: ReadonlySet<string>;
    /** The last run that had nothing to do, as far as definitions, state and machines are still those that it had. */
    readonly settled?: StillSettled;
    /** The state that was compared with; missing where none was read. */
    readonly deployment?: Deployment;
    /** Keeps what was read for the next run to compare with, as far as a run that only looks has found it as the state has it. */
    keepFound(run: Pick<Told, "asKept">, idle?: Idle): void;
    /** The same once a run that writes the state has ended with all of it as it was read. */
    keepWritten(idle?: Idle): void;
}

/** A run that had nothing to do, and the tenants for which that still holds. */
export interface StillSettled extends Idle {
    readonly tenants: readonly string[];
    /** Whether it holds for all that is declared. */
    readonly whole: boolean;
}

/** Word of a run that had nothing to do for the next. */
export type Idle = Omit<Settled, "declared">;

/** Nothing is known beforehand: the provider reads everything, and nothing is kept of it. */
const AS_ALWAYS: Comparison = {
    unchanged: false,
    asRead: new Set(),
    keepFound: () => undefined,
    keepWritten: () => undefined,
};

/** The part of a run that is compared for. */
interface Asked {
    /** Words that are handed to Pulumi: a run of which a part alone is read tells nothing of the rest. */
    readonly further?: readonly string[];
    /** Whether the router counts, too. */
    readonly router?: boolean;
    /** The nodes' answers that the run has already. */
    readonly answers?: Answers;
    /** The one tenant that counts; missing for all. */
    readonly tenant?: string;
    /** Whether it is of use only where nothing changed at all: a node is not asked then where the state alone tells otherwise. */
    readonly whole?: boolean;
}

/**
 * Compares nodes and router with what the last run read of them and with the state, by a few requests of our own. Anything that
 * cannot be told counts as changed: Pulumi's refresh is what finds out then, and says what is wrong.
 *
 * @param refresh the option's value.
 */
export async function compare(
    substrate: Substrate,
    refresh: string,
    { further = [], ...asked }: Asked = {},
): Promise<Comparison> {
    if (refresh === "always" || substrate.status === "planned" || !further.every((word) => DISPLAYS.test(word))) {
        return AS_ALWAYS;
    }
    try {
        return await compareRead(substrate, asked);
    } catch (error) {
        if (error instanceof Refusal) {
            return AS_ALWAYS;
        }
        throw error;
    }
}

async function compareRead(
    substrate: Substrate,
    { router = true, answers, tenant, whole }: Asked,
): Promise<Comparison> {
    const deployment = readState(substrate.name);
    const resources = tenant === undefined ? deployment.resources : byTenant(deployment.resources ?? []).get(tenant);
    const subjects = resources && subjectsOf(substrate, { ...deployment, resources });
    if (subjects === undefined) {
        return AS_ALWAYS;
    }
    const last = lastReading(substrate.name);
    if (whole && (last === undefined || !hasStatesOf(deployment, last))) {
        return AS_ALWAYS;
    }
    // Before the run reads: what somebody changes meanwhile differs at the next run.
    const digests = await readDigests(substrate, subjects, answers);
    const now = { versions: versions(), parts: partsOf(deployment, digests) };
    const asRead = tenantsAsRead(last, now);
    const isKept = asRead.length > 0 && (!router || (await routerIsAsKept(substrate, resources!)));
    return compared(substrate, { deployment, digests, now, last, asRead: new Set(isKept ? asRead : []) });
}

/** Everything that was read for a comparison. */
interface Read {
    readonly deployment: Deployment;
    readonly digests: Digests;
    readonly now: Pick<Reading, "versions" | "parts">;
    readonly last: Reading | undefined;
    /** Tenants that nothing differs of from the last reading. */
    readonly asRead: ReadonlySet<string>;
}

function compared(substrate: Substrate, read: Read): Comparison {
    const { deployment, digests, now, asRead } = read;
    const declared = declaredDigests(substrate);
    const known = waits(deployment) ? undefined : knownOf(read);
    const keep = (parts: Reading["parts"], idle?: Idle, otherwise?: Settled) => {
        // Of files that somebody edited since, nobody knows which of both the run had.
        const isKnown = idle !== undefined && isSameDeclared(declaredDigests(substrate), declared);
        const settled = isKnown ? { ...idle, declared } : otherwise;
        keepReading(substrate.name, { versions: now.versions, parts, ...(settled && { settled }) });
    };
    return {
        unchanged: asRead.size > 0 && tenantsIn(now.parts).every((name) => asRead.has(name)),
        asRead,
        ...(known && { settled: stillSettled(known, declared) }),
        deployment,
        keepFound: ({ asKept }, idle) => {
            // Of a whole run more is known than of one that looked at the nodes alone, as long as anything is declared as then.
            const holds = known?.changes !== undefined && declaredAsThen(known.declared, declared).length > 0;
            keep(foundIn(read, asKept), idle?.changes !== undefined || !holds ? idle : undefined, known);
        },
        keepWritten: (idle) => keep(partsOf(readState(substrate.name), digests), idle),
    };
}

/** The last run that had nothing to do, as far as it tells of tenants that are as then. */
function knownOf({ last, asRead }: Read): Settled | undefined {
    const { settled } = last ?? {};
    if (settled === undefined) {
        return undefined;
    }
    const { common, tenants } = settled.declared;
    const still = Object.entries(tenants).filter(([name]) => asRead.has(name));
    return { ...settled, declared: { common, tenants: Object.fromEntries(still) } };
}

/** Parts that are as the last reading had them, or of which this run's refresh read everything and found it as the state has it. */
function foundIn({ deployment: { resources = [] }, now, asRead }: Read, asKept: Told["asKept"]): Reading["parts"] {
    const tenants = byTenant(resources);
    const isFound = (name: string) =>
        name === NO_TENANT || asRead.has(name) || onNodes(tenants.get(name)!).every(({ urn }) => asKept.has(urn));
    const parts = Object.entries(now.parts).filter(([name]) => isFound(name));
    // Of what is on a node and no tenant's, nobody knows for whom it counts.
    return onNodes(ofNoTenant(resources, tenants)).length === 0 ? Object.fromEntries(parts) : {};
}

function stillSettled({ declared: then, ...idle }: Settled, declared: Declared): StillSettled {
    return { ...idle, tenants: declaredAsThen(then, declared), whole: isSameDeclared(then, declared) };
}

/** Whether what is declared for a VM depends on which process it is, which no digest has (filterWaits of node/addressFilter.ts). */
function waits({ resources = [] }: Deployment): boolean {
    return resources.some(({ type, outputs = {} }) => type === TENANT_VM && outputs["addressWaitsFor"] !== undefined);
}

/** Words for Pulumi that change what is shown of a run, or how it goes, and nothing of what is read. */
const DISPLAYS =
    /^(--diff|--yes|-y|--skip-preview|-f|--expect-no-changes|--json|-j|--show-[a-z-]+|--suppress-[a-z-]+|--logtostderr|--logflow|-v(=?\d+)?|\d+|--parallel(=\d+)?|-p)$/;

async function routerIsAsKept(substrate: Substrate, resources: readonly StateResource[]): Promise<boolean> {
    const own = resources.filter(({ type }) => type.startsWith(ROUTER));
    const client = own.length === 0 ? undefined : routerClient(substrate);
    return own.length === 0 || (client !== undefined && (await isAsKept(client, own)));
}

function onNodes(resources: readonly StateResource[]): StateResource[] {
    return resources.filter(({ type }) => type.startsWith("proxmoxve:"));
}
