import { Refusal } from "../../definitions/refusal";
import { stackSource, stackText, withoutSecrets } from "../../definitions/stackFile";
import { connect } from "../../node/client";
import type { Credentials, RouterClient } from "../../router/client";
import { loadSubstrate } from "../../substrate/load";
import { openablePlace } from "../../substrate/plan";
import type { Hypervisor, Substrate, Tenant } from "../../substrate/substrate";
import { InterruptedError, type Throwaway } from "./client";
import type { Asked } from "./compare";
import { formOf, formsOf, knownOf, type Disguise } from "./form";
import { PROBES, requestOf, type Moment, type Probe } from "./probes";
import { hear, templateDisk, valuesOf, type Machines } from "./read";
import { TENANT } from "./place";
import { tenantText, type Small, type Stage } from "./tenant";

/** One step of a check: what is done to the throwaway tenant, by a command of `tenants` or past it. */
interface Step {
    readonly moment: Moment;
    /** As a person is told it. */
    readonly says: string;
    /** The tenant's file from this step on. */
    readonly stage?: Stage;
    readonly command?: string;
    readonly arguments?: readonly string[];
    /** Whether the steps after it mean nothing where it fails. */
    readonly must?: true;
}

const UP = { command: "up", arguments: ["--yes", "--policy", "off", "--", "--skip-preview"], must: true } as const;

const STEPS: readonly Step[] = [
    { moment: "create", says: "the tenant is made", stage: "first", ...UP },
    {
        ...{ moment: "again", says: "a second preview", command: "preview" },
        arguments: ["--expect-no-changes", "--policy", "off"],
    },
    { moment: "change", says: "the tenant is changed", stage: "changed", ...UP },
    { moment: "refuse", says: "requests that must be refused" },
    { moment: "hand", says: "changes past the program" },
    { moment: "drift", says: "drift is looked for", command: "drift" },
    { moment: "repair", says: "an up undoes them", ...UP },
    { moment: "rebuild", says: "the VM is made anew", stage: "rebuilt", ...UP },
    {
        moment: "teardown",
        says: "the tenant is torn down",
        command: "teardown",
        arguments: [TENANT, `--yes=${TENANT}`],
    },
];

/** A check's needs of its caller. */
export interface Setting {
    /** The person's own. */
    readonly substrate: Substrate;
    /** Folder of the person's definitions. */
    readonly definitions: string;
    readonly throwaway: Throwaway;
    readonly vlan: number;
    /** Missing where the stack writes to no router. */
    readonly router: { readonly client: RouterClient; readonly key: Credentials } | undefined;
    /** Whether a word may stand in what comes of it. */
    readonly isPublic: Disguise["isPublic"];
    readonly say: (step: string) => void;
    readonly signal: AbortSignal;
}

/** A throwaway tenant on its place. */
interface Run extends Setting {
    readonly small: Small;
    readonly hypervisor: Hypervisor;
    readonly machines: Machines;
}

/**
 * Takes a throwaway tenant through its life on a substrate's own node and router, and asks them after each step.
 *
 * @returns every answer in the form in which it is compared; those of the last steps are missing where one failed.
 * @throws Refusal where a machine gives no answer; InterruptedError where it was ended. What was made is there then.
 */
export async function runSteps(setting: Setting): Promise<Asked[]> {
    const { substrate, vlan, router } = setting;
    const hypervisor = substrate.hypervisors[0]!;
    const node = connect(hypervisor);
    try {
        const diskGiB = await templateDisk(node, hypervisor);
        const { plan, coreRouter } = substrate;
        const opens = openablePlace(plan);
        const small = { vlan, hypervisor: hypervisor.name, diskGiB, tagged: coreRouter.mode !== "none", opens };
        const run = { ...setting, hypervisor, small, machines: { node, ...(router && { router: router.client }) } };
        prepare(run);
        return await each(run);
    } finally {
        node.close();
    }
}

/** Writes the throwaway project; its stack file comes last, since from it on something may have been made. */
function prepare({ throwaway, substrate, definitions, small }: Run): void {
    throwaway.take();
    throwaway.writeTenant(tenantText(small, "first"));
    throwaway.define(stackFileFor(definitions, substrate));
}

/** The person's stack file without secrets and baselines: no host is logged in to. */
function stackFileFor(root: string, { name, coreRouter }: Substrate): string {
    const own = withoutSecrets(stackSource({ root, substrate: name }).value) as Record<string, object>;
    const hypervisors = Object.entries(own["hypervisors"] as Record<string, Record<string, unknown>>).map(
        ([key, { baseline: _, ...hypervisor }]) => [key, hypervisor] as const,
    );
    const { mode } = coreRouter;
    return stackText({
        ...own,
        // With MACs of its own, a tenant has reservations, too.
        macPolicy: "deterministic",
        hypervisors: Object.fromEntries(hypervisors),
        // A router that the stack does not write to is not asked.
        ...(mode !== "api" && { coreRouter: { mode } }),
    });
}

async function each(run: Run): Promise<Asked[]> {
    const asked: Asked[] = [];
    for (const step of STEPS) {
        run.say(step.says);
        if (step.stage !== undefined) {
            run.throwaway.writeTenant(tenantText(run.small, step.stage));
        }
        const told = step.command === undefined ? [] : await commandOf(run, step.command, step);
        asked.push(...told);
        const failed = step.must === true ? told.find(({ status }) => status !== 0) : undefined;
        if (failed !== undefined) {
            const said = run.throwaway.lastSaid();
            throw new StoppedError(`${failed.request} ended with ${failed.status}:\n${said}`, asked);
        }
        asked.push(...(await answersAt(run, step.moment)));
    }
    return asked;
}

/** A step that failed, so that no further one could be done. */
export class StoppedError extends Refusal {
    constructor(
        message: string,
        readonly asked: readonly Asked[],
    ) {
        super(message);
    }
}

/** Outcome of a command of `tenants`: its exit code, and of drift what it found of the throwaway tenant. */
async function commandOf(run: Run, command: string, { moment, arguments: args = [] }: Step): Promise<Asked[]> {
    const { throwaway, router, signal } = run;
    const { code, json } = await throwaway.run([command, throwaway.stack, ...args], router?.key, signal);
    const told = { machine: "program", moment, request: `tenants ${command}`, status: code } as const;
    if (command !== "drift") {
        return [{ ...told, name: command, forms: {} }];
    }
    const places = router === undefined ? ["node"] : ["node", "router"];
    return places.map((place) => {
        const found = { [place]: driftIn(json, place) };
        return {
            ...told,
            name: `drift of the ${place}`,
            forms: formsOf(found, (text) => formOf(text, disguiseOf(run))),
        };
    });
}

interface DriftRow {
    readonly tenant: string;
    readonly place: { readonly kind: string };
    readonly subject: { readonly kind: string };
    readonly field?: string;
}

/** Kinds and fields of what drift found at a place; of other tenants, which this stack does not know, it tells as well. */
function driftIn(json: unknown, kind: string): string[] {
    const { drift = [] } = (json ?? {}) as { drift?: readonly DriftRow[] };
    return drift
        .filter(({ tenant, place }) => tenant === TENANT && place.kind === kind)
        .map(({ subject, field = "" }) => `${subject.kind} ${field}`.trim());
}

async function answersAt(run: Run, moment: Moment): Promise<Asked[]> {
    const { machines, small } = run;
    const { substrate, tenant } = modelOf(run);
    const probes = PROBES.filter(({ at, machine, tagged }) => {
        return at.includes(moment) && (machine === "node" || machines.router) && (small.tagged || tagged !== true);
    });
    const values = probes.length === 0 ? {} : await valuesOf(machines, substrate, run.hypervisor, tenant);
    const disguise = disguiseOf(run, values["interface"]);
    const asked: Asked[] = [];
    for (const probe of probes) {
        if (run.signal.aborted) {
            throw new InterruptedError();
        }
        const { status, compared } = await hear(machines, probe, values, small.tagged);
        const forms = formsOf(compared, (text) => formOf(text, disguise));
        asked.push({ ...about(probe), moment, request: requestOf(probe), status, forms });
    }
    return asked;
}

function about({ machine, name }: Probe): Pick<Asked, "machine" | "name"> {
    return { machine, name: `${machine} ${name}` };
}

function disguiseOf(run: Run, device?: string): Disguise {
    const { substrate, tenant } = modelOf(run);
    return { known: knownOf(substrate, tenant, run.hypervisor, device), isPublic: run.isPublic };
}

/** The throwaway substrate as its files are now. */
function modelOf({ throwaway }: Run): { substrate: Substrate; tenant: Tenant } {
    const substrate = loadSubstrate({ root: throwaway.project, substrate: throwaway.stack });
    return { substrate, tenant: substrate.tenants[0]! };
}
