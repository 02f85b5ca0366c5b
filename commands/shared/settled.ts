import { checkNodes, readNodes } from "../../components/surveyNodes";
import { DefinitionError } from "../../definitions/faults";
import type { Answers } from "../../node/client";
import { requirePreflight } from "../../node/preflight";
import { nodeWarnings } from "../../node/warnings";
import type { Deployment } from "../../state/deployment";
import { resourcesDigest, urnsOf } from "../../state/partial";
import { holdingsOf } from "../../state/holdings";
import { recordedIn } from "../../state/identities";
import type { Spared } from "../../state/spared";
import { partialEnvironment } from "../../substrate/partial";
import type { Substrate, Tenant } from "../../substrate/substrate";
import type { PulumiRun } from "../cli/pulumi";
import { note, tell } from "../cli/terminal";
import { compare, type Comparison, type Idle } from "./comparison";

/** Words for Pulumi that mean nothing to a run that has nothing to do. */
const IDLE_WORDS = ["--yes", "-y", "--skip-preview", "-f", "--diff", "--expect-no-changes"];

/** A comparison for a run, and how much of the run is spared. */
export interface ComparedRun extends Comparison {
    /** Resources by what Pulumi did with them in the last run, where this one ended without Pulumi. */
    readonly ended?: Idle["changes"];
    /** How the engine and the program are told to leave those tenants alone for which there is nothing to do, while there is for others. */
    readonly leaves?: Spared;
}

/** Words of a run that it is compared for. */
interface Run {
    /** Pulumi's flags that hold it to rules. */
    readonly held: readonly string[];
    readonly further: readonly string[];
}

/**
 * Compares as compare() does, and ends a run that has nothing to do, as the last one had not: definitions, program, state, nodes and
 * router are those of then. The nodes are surveyed all the same, so that it is refused, and warns, as any other.
 *
 * A run that depends on more than these is never ended so: a host is asked what its baseline depends on, and what expires does so by
 * the clock.
 *
 * A run that may have something to do for some tenants or for a host alone leaves those tenants alone for which there is as little to do as
 * in the last one.
 *
 * @throws DefinitionError or NodeError as the survey of a run does.
 */
export async function compareOrEnd(substrate: Substrate, refresh: string, run: Run): Promise<ComparedRun> {
    const answers: Answers = new Map();
    const compared = await compare(substrate, refresh, { further: run.further, answers });
    const { settled, deployment } = compared;
    const changes = changesThen(run, settled);
    if (changes === undefined || deployment === undefined) {
        return compared;
    }
    if (settled?.whole !== true || dependsOnMore(substrate)) {
        const leaves = leavesOf(substrate, compared);
        return { ...compared, ...(leaves && { leaves }) };
    }
    await survey(substrate, deployment, answers);
    tell(
        `${substrate.name}: nothing to do: definitions, state, nodes and router are as in the last run, which had nothing to do`,
    );
    tell(`    ${changes["same"]} unchanged (--refresh always has Pulumi look all the same)`);
    return { ...compared, ended: changes };
}

/** Resources by what Pulumi did with them in the last run, where it was held to the same rules and this one asks Pulumi for no more. */
function changesThen({ held, further }: Run, then: Idle | undefined): Idle["changes"] {
    const same = (then?.held ?? "") === held.join(" ") && further.every((word) => IDLE_WORDS.includes(word));
    return same ? then?.changes : undefined;
}

/** How a run leaves those tenants as they are for which a comparison knows that nothing is to do; undefined where it is to look at each. */
export function leavesOf(
    { name, tenants }: Substrate,
    { settled, deployment }: Pick<Comparison, "settled" | "deployment">,
): Spared | undefined {
    if (settled === undefined || deployment === undefined) {
        return undefined;
    }
    const left = tenants.filter((tenant) => settled.tenants.includes(tenant.name) && !expires(tenant));
    const declared = tenants.filter((tenant) => !left.includes(tenant)).map((tenant) => tenant.name);
    const urns = urnsOf(deployment, new Set(left.map((tenant) => tenant.name)));
    if (urns === undefined || urns.length === 0 || urns.join().length > MOST_TEXT) {
        return undefined;
    }
    const others = `for ${left.length} tenant${left.length === 1 ? "" : "s"} nothing is to do, as in the last run`;
    const rest = declared.length === 0 ? "" : `, but for ${declared.join(", ")} it may be`;
    note(`${name}: ${others}${rest} (--refresh always has Pulumi look at all of them)`);
    const state = resourcesDigest(deployment.resources ?? []);
    return {
        flags: urns.flatMap((urn) => ["--exclude", urn]),
        environment: partialEnvironment({ state, tenants: declared }),
    };
}

/** Most text of URNs that a run is given: Linux takes 2 MiB of words and environment together (execve(2)), some systems half of it. */
const MOST_TEXT = 500_000;

function dependsOnMore({ hypervisors, tenants }: Substrate): boolean {
    return hypervisors.some(({ baseline }) => baseline !== undefined) || tenants.some(expires);
}

function expires({ expires: end, vms }: Tenant): boolean {
    return end !== undefined || vms.some((vm) => vm.expires !== undefined);
}

async function survey(substrate: Substrate, deployment: Deployment, answers: Answers): Promise<void> {
    const recorded = recordedIn(deployment);
    const reading = readNodes(substrate, recorded, answers);
    // A token that lacks something is told as such, and not as an answer that it keeps from the reading.
    reading.catch(() => undefined);
    const warnings = await requirePreflight(substrate);
    const inventories = await reading;
    const tenants = holdingsOf(deployment, substrate.plan);
    const faults = checkNodes(substrate, inventories, { recorded, tenants, router: [] });
    if (faults.length > 0) {
        throw new DefinitionError(faults);
    }
    const ofNodes = substrate.hypervisors.flatMap((h) => nodeWarnings(substrate, h, inventories.get(h.name)!));
    [...ofNodes, ...warnings].forEach((one) => note(`warning: ${one}`));
}

/** Pulumi's flags and the program's variables for a run that was compared for, with a word of it for whoever looks on. */
export function spared({ unchanged, leaves }: Pick<ComparedRun, "unchanged" | "leaves">): Spared {
    if (unchanged) {
        note("nothing changed since the last run: not refreshed (--refresh always reads everything)");
    }
    const flags = unchanged ? ["--refresh=false"] : [];
    return { flags: [...flags, ...(leaves?.flags ?? [])], environment: leaves?.environment ?? {} };
}

/** Word of a run that ended with nothing done for the next; undefined for any other. */
export function idleBy({ code, changes }: PulumiRun, held: readonly string[]): Idle | undefined {
    const idle = code === 0 && Object.keys(changes).join() === "same";
    return idle ? { changes, ...(held.length > 0 && { held: held.join(" ") }) } : undefined;
}
