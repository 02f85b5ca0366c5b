import { isAsKept } from "../../router/asKept";
import type { Answers } from "../../node/client";
import { readDigests } from "../../node/reading/read";
import { subjectsOf } from "../../node/reading/subjects";
import { ROUTER, TENANT_VM, type Deployment, type StateResource } from "../../state/deployment";
import type { Told } from "../../state/events/events";
import {
    declaredDigests,
    keepReading,
    lastReading,
    readState,
    versions,
    type KnownState,
} from "../../state/reading/read";
import {
    declaredAsThen,
    isAsRead,
    isSameDeclared,
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
    /** The last run that had nothing to do, where definitions, state and machines are still those that it had. */
    readonly settled?: Settled;
    /** The same where state and machines are those, and some tenants are declared as then. */
    readonly settledPart?: SettledPart;
    /** The state that was compared with; missing where none was read. */
    readonly deployment?: Deployment;
    /** Keeps what was read for the next run to compare with, once a run that only looks has found it as the state has it. */
    keepFound(run: Pick<Told, "asKept">, idle?: Idle): void;
    /** The same once a run that writes the state has ended with all of it as it was read. */
    keepWritten(idle?: Idle): void;
}

/** A run that had nothing to do, and the tenants for which that still holds. */
export interface SettledPart {
    readonly settled: Settled;
    readonly tenants: readonly string[];
}

/** Word of a run that had nothing to do for the next. */
export type Idle = Omit<Settled, "declared">;

/** Nothing is known beforehand: the provider reads everything, and nothing is kept of it. */
const AS_ALWAYS: Comparison = { unchanged: false, keepFound: () => undefined, keepWritten: () => undefined };

/** The part of a run that is compared for. */
interface Asked {
    /** Words that are handed to Pulumi: a run of which a part alone is read tells nothing of the rest. */
    readonly further?: readonly string[];
    /** Whether the router counts, too. */
    readonly router?: boolean;
    /** The nodes' answers that the run has already. */
    readonly answers?: Answers;
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
    { further = [], router = true, answers }: Asked = {},
): Promise<Comparison> {
    if (refresh === "always" || substrate.status === "planned" || !further.every((word) => DISPLAYS.test(word))) {
        return AS_ALWAYS;
    }
    try {
        return await compareRead(substrate, router, answers);
    } catch (error) {
        if (error instanceof Refusal) {
            return AS_ALWAYS;
        }
        throw error;
    }
}

async function compareRead(substrate: Substrate, router: boolean, answers: Answers | undefined): Promise<Comparison> {
    const state = readState(substrate.name);
    const subjects = subjectsOf(substrate, state.deployment);
    if (subjects === undefined) {
        return AS_ALWAYS;
    }
    // Before the run reads: what somebody changes meanwhile differs at the next run.
    const digests = await readDigests(substrate, subjects, answers);
    const last = lastReading(substrate.name);
    const unchanged =
        isAsRead(last, { state: state.digest, versions: versions() }, digests) &&
        (!router || (await routerIsAsKept(substrate, state.deployment)));
    return compared(substrate, { state, digests, ...(unchanged && { last: last! }) });
}

/** Everything that was read for a comparison. */
interface Read {
    readonly state: KnownState;
    readonly digests: Digests;
    /** The last reading, where nothing differs from it. */
    readonly last?: Reading;
}

function compared(substrate: Substrate, { state: { deployment, digest }, digests, last }: Read): Comparison {
    const declared = declaredDigests(substrate);
    const known = waits(deployment) ? undefined : last?.settled;
    const keep = (state: string, idle?: Idle, otherwise?: Settled) => {
        // Of files that somebody edited since, nobody knows which of both the run had.
        const isKnown = idle !== undefined && isSameDeclared(declaredDigests(substrate), declared);
        const settled = isKnown ? { ...idle, declared } : otherwise;
        const read = { state, versions: versions(), digests: Object.fromEntries(digests) };
        keepReading(substrate.name, { ...read, ...(settled && { settled }) });
    };
    return {
        unchanged: last !== undefined,
        ...settledIn(known, declared),
        deployment,
        keepFound: ({ asKept }, idle) => {
            if (last !== undefined || onNodes(deployment).every(({ urn }) => asKept.has(urn))) {
                // Of a whole run more is known than of one that looked at the nodes alone, as long as anything is declared as then.
                const holds = known?.changes !== undefined && declaredAsThen(known.declared, declared).length > 0;
                keep(digest, idle?.changes !== undefined || !holds ? idle : undefined, holds ? known : undefined);
            }
        },
        keepWritten: (idle) => keep(readState(substrate.name).digest, idle),
    };
}

/** The part of a run's findings that still holds for what is declared now. */
function settledIn(known: Settled | undefined, declared: Declared): Pick<Comparison, "settled" | "settledPart"> {
    if (known === undefined) {
        return {};
    }
    const tenants = declaredAsThen(known.declared, declared);
    return isSameDeclared(known.declared, declared) ? { settled: known } : { settledPart: { settled: known, tenants } };
}

/** Whether what is declared for a VM depends on which process it is, which no digest has (filterWaits of node/addressFilter.ts). */
function waits({ resources = [] }: Deployment): boolean {
    return resources.some(({ type, outputs = {} }) => type === TENANT_VM && outputs["addressWaitsFor"] !== undefined);
}

/** Words for Pulumi that change what is shown of a run, or how it goes, and nothing of what is read. */
const DISPLAYS =
    /^(--diff|--yes|-y|--skip-preview|-f|--expect-no-changes|--json|-j|--show-[a-z-]+|--suppress-[a-z-]+|--logtostderr|--logflow|-v(=?\d+)?|\d+|--parallel(=\d+)?|-p)$/;

async function routerIsAsKept(substrate: Substrate, { resources = [] }: Deployment): Promise<boolean> {
    const own = resources.filter(({ type }) => type.startsWith(ROUTER));
    const client = own.length === 0 ? undefined : routerClient(substrate);
    return own.length === 0 || (client !== undefined && (await isAsKept(client, own)));
}

function onNodes({ resources = [] }: Deployment): StateResource[] {
    return resources.filter(({ type }) => type.startsWith("proxmoxve:"));
}
