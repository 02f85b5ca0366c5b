import { checkNodes, readNodes } from "../../components/surveyNodes";
import { DefinitionError } from "../../definitions/faults";
import type { Answers } from "../../node/client";
import { requirePreflight } from "../../node/preflight";
import { nodeWarnings } from "../../node/warnings";
import type { Deployment } from "../../state/deployment";
import { holdingsOf } from "../../state/holdings";
import { recordedIn } from "../../state/identities";
import type { Settled } from "../../state/reading/reading";
import type { Substrate } from "../../substrate/substrate";
import type { PulumiRun } from "../cli/pulumi";
import { note, tell } from "../cli/terminal";
import { compare, type Comparison, type Idle } from "./comparison";

/** Words for Pulumi that mean nothing to a run that has nothing to do. */
const IDLE_WORDS = ["--yes", "-y", "--skip-preview", "-f", "--diff", "--expect-no-changes"];

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
 * @returns the comparison with, in `ended`, resources by what Pulumi did with them then: missing for a run that is not known to have
 * nothing to do.
 * @throws DefinitionError or NodeError as the survey of a run does.
 */
export async function compareOrEnd(
    substrate: Substrate,
    refresh: string,
    { held, further }: Run,
): Promise<Comparison & { readonly ended?: Settled["changes"] }> {
    const answers: Answers = new Map();
    const compared = await compare(substrate, refresh, { further, answers });
    const { settled, deployment } = compared;
    const same = (settled?.held ?? "") === held.join(" ") && further.every((word) => IDLE_WORDS.includes(word));
    if (settled?.changes === undefined || deployment === undefined || !same || dependsOnMore(substrate)) {
        return compared;
    }
    await survey(substrate, deployment, answers);
    tell(
        `${substrate.name}: nothing to do: definitions, state, nodes and router are as in the last run, which had nothing to do`,
    );
    tell(`    ${settled.changes["same"]} unchanged (--refresh always has Pulumi look all the same)`);
    return { ...compared, ended: settled.changes };
}

function dependsOnMore({ hypervisors, tenants }: Substrate): boolean {
    return (
        hypervisors.some(({ baseline }) => baseline !== undefined) ||
        tenants.some(({ expires, vms }) => expires !== undefined || vms.some((vm) => vm.expires !== undefined))
    );
}

async function survey(substrate: Substrate, deployment: Deployment, answers: Answers): Promise<void> {
    const warnings = await requirePreflight(substrate);
    const recorded = recordedIn(deployment);
    const inventories = await readNodes(substrate, recorded, answers);
    const tenants = holdingsOf(deployment, substrate.plan);
    const faults = checkNodes(substrate, inventories, { recorded, tenants, router: [] });
    if (faults.length > 0) {
        throw new DefinitionError(faults);
    }
    const ofNodes = substrate.hypervisors.flatMap((h) => nodeWarnings(substrate, h, inventories.get(h.name)!));
    [...ofNodes, ...warnings].forEach((one) => note(`warning: ${one}`));
}

/** Word of a run that ended with nothing done for the next; undefined for any other. */
export function idleBy({ code, changes }: PulumiRun, held: readonly string[]): Idle | undefined {
    const idle = code === 0 && Object.keys(changes).join() === "same";
    return idle ? { changes, ...(held.length > 0 && { held: held.join(" ") }) } : undefined;
}
