import { vmOf, SoakTenants, type SoakTenant } from "../soak/tenants";
import { VICTIMS, type Victim } from "./victims";

/** A kind of run that is killed. */
export interface KilledRun {
    /** Whether it begins with everything as it was created; else with nothing. */
    readonly made: boolean;
    /** Whether somebody deleted the first tenant's VM by hand before it. */
    readonly deleted?: boolean;
    /** How it ends, where that is as another kind of run begins: with everything as it was created, or with nothing. */
    readonly ends?: "made" | "empty";
    /** Changes the tenants' definitions from those that were created. */
    readonly define?: (first: SoakTenant, second: SoakTenant, all: SoakTenants) => void;
    /** The command, what may go on with it, and what has all settle in the end, after `tenants recover` or without it. */
    readonly command: readonly string[];
    readonly next: readonly (readonly string[])[];
    readonly settles: readonly string[];
    /** Everything that runs in it and can be killed. */
    readonly victims: readonly Victim[];
}

const UP = ["up", "--yes"];
const DESTROY = ["destroy"];
const TEARDOWN = ["teardown"];

/** A run that takes things away has neither the program nor the policy pack. */
const IN_DESTROY = VICTIMS.filter((victim) => !["program", "policy pack"].includes(victim));

/** Kinds of run, by name. A recovery is killed after a run that makes, or makes anew, was killed. */
export const RUNS = {
    create: { made: false, ends: "made", command: UP, next: [UP], settles: UP, victims: VICTIMS },
    change: { made: true, define: change, command: UP, next: [UP], settles: UP, victims: VICTIMS },
    rebuild: {
        made: true,
        ends: "made",
        define: (first) => (first.vms[0]!.rebuild = "anew"),
        command: UP,
        next: [UP],
        settles: UP,
        victims: VICTIMS,
    },
    anew: { made: true, deleted: true, ends: "made", command: UP, next: [UP], settles: UP, victims: VICTIMS },
    rename: { made: true, define: rename, command: UP, next: [UP], settles: UP, victims: VICTIMS },
    teardown: {
        made: true,
        define: (_first, second, all) => all.remove(second),
        command: TEARDOWN,
        next: [UP, TEARDOWN],
        // Allowances of the tenant stay in the others' walls until then: a teardown touches nothing of theirs.
        settles: UP,
        victims: IN_DESTROY,
    },
    destroy: {
        made: true,
        ends: "empty",
        command: DESTROY,
        next: [DESTROY, UP],
        settles: DESTROY,
        victims: IN_DESTROY,
    },
    recover: {
        made: false,
        ends: "made",
        command: UP,
        next: [UP],
        settles: UP,
        victims: ["command", "CLI", "everything", "node"],
    },
} as const satisfies Readonly<Record<string, KilledRun>>;

export type RunName = keyof typeof RUNS;

/** Every kind of run with each of what can be killed in it. */
export const PAIRS: readonly (readonly [RunName, Victim])[] = Object.entries(RUNS).flatMap(([name, { victims }]) =>
    victims.map((victim) => [name as RunName, victim] as const),
);

/** Far from any divisor of the number of pairs, so that few kills in a row have much in common. */
const STRIDE = 29;

/** The pair of a trial: as many trials as there are pairs have each of them once. */
export function pairOf(seed: number, number: number): readonly [RunName, Victim] {
    return PAIRS[((number - 1) * STRIDE + seed * 7) % PAIRS.length]!;
}

/** Two tenants of a VM each, as they are created, or as a kind of run has them. */
export function tenantsOf(name: RunName | "created"): SoakTenants {
    const all = new SoakTenants(2);
    const [first, second] = all.tenants as [SoakTenant, SoakTenant];
    first.vms = [{ ...vmOf(1), aliases: ["first"] }];
    second.vms = [vmOf(2)];
    second.allow = [{ to: first.name, protocol: "tcp", ports: "1024", why: "kills" }];
    const run: KilledRun | undefined = name === "created" ? undefined : RUNS[name];
    run?.define?.(first, second, all);
    return all;
}

function change(first: SoakTenant, second: SoakTenant): void {
    Object.assign(first.vms[0]!, { cores: 2, description: "changed", tags: ["changed"], aliases: ["other"] });
    first.vms[0]!.address = "fixed";
    first.vms.push(vmOf(3));
    delete second.vms[0]!.address;
    second.description = "changed";
    second.allow = [];
    first.allow = [{ to: second.name, protocol: "tcp", ports: "2048", why: "kills" }];
}

function rename(first: SoakTenant, second: SoakTenant): void {
    first.vms[0]!.name = "renamed1";
    second.vms[0]!.name = "renamed2";
}
