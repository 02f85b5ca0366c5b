import type { Standing } from "../../node/standing";
import { nameOfVm } from "../../substrate/identity";
import type { WorkloadVm } from "../../substrate/substrate";

/** The steps of a rotation that touch something; each gives back why it could not, in words, or nothing. */
export interface Steps {
    /** Makes some VMs anew on the newest template. */
    readonly rebuild: (some: readonly Standing[]) => Promise<string | undefined>;
    /** Waits for the health gate of a VM. */
    readonly gate: (vm: WorkloadVm) => Promise<string | undefined>;
    /** Keeps what a VM has, and brings it back; missing where nobody asked for it. */
    readonly keeping?: {
        /** Whether that is asked for of a VM; missing: of each. */
        readonly keeps?: (vm: WorkloadVm) => boolean;
        readonly backUp: (standing: Standing) => Promise<string | undefined>;
        readonly putBack: (standing: Standing) => Promise<string | undefined>;
    };
}

/** A VM that could not be rebuilt or did not become healthy, and why. */
export interface Failed {
    readonly name: string;
    readonly why: string;
    /** Whether it is back on what it was. */
    readonly back: boolean;
}

/** How a rotation ended; VMs as tenant/vm. */
export interface Outcome {
    readonly rotated: readonly string[];
    readonly failed: readonly Failed[];
    /** VMs that were to be rebuilt and were not touched, since one failed before them. */
    readonly left: readonly string[];
}

/** VMs that a rotation rebuilds: on an older template, or gone, as one is that a killed run deleted and did not make. */
export function dueOf(standings: readonly Standing[]): Standing[] {
    return standings.filter(({ stands }) => stands === "older" || stands === "missing");
}

/**
 * Rebuilds VMs, some at a time, and waits for each; where one fails, the rest is not touched.
 *
 * @param earlier VMs that an earlier call rebuilt, and that may never have become healthy: they are waited for first.
 */
export async function rotateAll(
    earlier: readonly WorkloadVm[],
    going: readonly Standing[],
    parallel: number,
    steps: Steps,
): Promise<Outcome> {
    const [rotated, failed]: [string[], Failed[]] = [[], []];
    const closed = await gates(earlier, steps);
    failed.push(...closed.map(({ vm, why }) => ({ name: nameOfVm(vm), why, back: false })));
    for (let at = 0; at < going.length && failed.length === 0; at += parallel) {
        const some = going.slice(at, at + parallel);
        const ended = await rotateSome(some, steps);
        failed.push(...ended.failed);
        rotated.push(...ended.rotated);
    }
    const ended = new Set([...rotated, ...failed.map(({ name }) => name)]);
    return { rotated, failed, left: namesOf(going).filter((name) => !ended.has(name)) };
}

/** Rebuilds some VMs side by side. */
async function rotateSome(some: readonly Standing[], steps: Steps): Promise<Omit<Outcome, "left">> {
    // One disk at a time is read, and none is rebuilt before all are kept. One that is gone has nothing to keep.
    for (const standing of some) {
        const why = await keepingOf(standing, steps)?.backUp(standing);
        if (why !== undefined) {
            const own = `it is as it was, since no backup could be made: ${why}`;
            return { rotated: [], failed: [{ name: nameOfVm(standing.vm), why: own, back: false }] };
        }
    }
    const vms = some.map(({ vm }) => vm);
    const refused = await steps.rebuild(some);
    const broken = refused === undefined ? await gates(vms, steps) : vms.map((vm) => ({ vm, why: refused }));
    const failed: Failed[] = [];
    for (const { vm, why } of broken) {
        failed.push(
            await settled(
                some.find((one) => one.vm === vm)!,
                why,
                steps,
            ),
        );
    }
    return { rotated: namesOf(some).filter((name) => !failed.some((one) => one.name === name)), failed };
}

/** Steps that keep a VM; undefined for one that is not kept. */
function keepingOf({ vm, stands }: Standing, { keeping }: Steps): Steps["keeping"] {
    return stands === "older" && (keeping?.keeps?.(vm) ?? true) ? keeping : undefined;
}

/** A VM that failed, once it is back on what it was where that was kept. */
async function settled(standing: Standing, why: string, steps: Steps): Promise<Failed> {
    const name = nameOfVm(standing.vm);
    const keeping = keepingOf(standing, steps);
    if (keeping === undefined) {
        return { name, why, back: false };
    }
    const stays = await keeping.putBack(standing);
    if (stays !== undefined) {
        return { name, why: `${why}; and it could not be brought back: ${stays}`, back: false };
    }
    const ill = await steps.gate(standing.vm);
    const how = ill === undefined ? "on what it was" : `on what it was, and not healthy there either: ${ill}`;
    return { name, why: `${why}; it is back ${how}`, back: true };
}

async function gates(
    vms: readonly WorkloadVm[],
    { gate }: Steps,
): Promise<{ readonly vm: WorkloadVm; readonly why: string }[]> {
    const told = await Promise.all(vms.map(async (vm) => ({ vm, why: await gate(vm) })));
    return told.flatMap(({ vm, why }) => (why === undefined ? [] : [{ vm, why }]));
}

function namesOf(some: readonly Standing[]): string[] {
    return some.map(({ vm }) => nameOfVm(vm));
}
