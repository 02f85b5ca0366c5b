import { checkClaims } from "../../components/checkClaims";
import { DefinitionError } from "../../definitions/faults";
import { checkNode } from "../../node/checkNode";
import { withEachNode, type Answers } from "../../node/client";
import { requirePreflight } from "../../node/preflight";
import { readInventory, surveyParts } from "../../node/read";
import { nodeWarnings } from "../../node/warnings";
import { stackOutputsIn, type Deployment } from "../../state/deployment";
import { holdingsOf } from "../../state/holdings";
import { recordedOf } from "../../state/recorded";
import type { VmOutput } from "../../substrate/outputs";
import type { Substrate } from "../../substrate/substrate";
import type { Settled } from "../../state/reading/reading";
import { note, tell } from "../cli/terminal";
import type { Comparison, Idle } from "./comparison";
import type { PulumiRun } from "../cli/pulumi";

/** Words for Pulumi that mean nothing to a run that has nothing to do. */
const IDLE_WORDS = ["--yes", "-y", "--skip-preview", "-f", "--diff", "--expect-no-changes"];

/** A run that may have nothing to do. */
interface Run {
    /** Pulumi's flags that hold it to rules. */
    readonly held: readonly string[];
    readonly further: readonly string[];
    /** The nodes' answers that it has already. */
    readonly answers: Answers;
}

/**
 * Ends a run that has nothing to do, as the last one had not: definitions, program, state, nodes and router are those of then. The
 * nodes are surveyed all the same, so that it is refused, and warns, as any other.
 *
 * What a run does that depends on more than these is never ended so: a host is asked what its baseline depends on, and what expires
 * does so by the clock.
 *
 * @returns resources by what Pulumi did with them then; undefined for a run that is not known to have nothing to do.
 * @throws DefinitionError or NodeError as the survey of a run does.
 */
export async function endSettled(
    substrate: Substrate,
    { settled, deployment }: Pick<Comparison, "settled" | "deployment">,
    { held, further, answers }: Run,
): Promise<Settled["changes"]> {
    const same = (settled?.held ?? "") === held.join(" ") && further.every((word) => IDLE_WORDS.includes(word));
    if (settled?.changes === undefined || deployment === undefined || !same || dependsOnMore(substrate)) {
        return undefined;
    }
    await survey(substrate, deployment, answers);
    tell(
        `${substrate.name}: nothing to do: definitions, state, nodes and router are as in the last run, which had nothing to do`,
    );
    tell(`    ${settled.changes["same"]} unchanged (--refresh always has Pulumi look all the same)`);
    return settled.changes;
}

function dependsOnMore({ hypervisors, tenants }: Substrate): boolean {
    return (
        hypervisors.some(({ baseline }) => baseline !== undefined) ||
        tenants.some(({ expires, vms }) => expires !== undefined || vms.some((vm) => vm.expires !== undefined))
    );
}

async function survey(substrate: Substrate, deployment: Deployment, answers: Answers): Promise<void> {
    const warnings = await requirePreflight(substrate);
    const { resources = [] } = deployment;
    const { vms = [] } = stackOutputsIn(deployment) as { vms?: VmOutput[] };
    const recorded = recordedOf(resources, vms);
    const read = await withEachNode(substrate, async (client, hypervisor) => {
        const parts = surveyParts(substrate, hypervisor, recorded);
        return { hypervisor, inventory: await readInventory(client.remembering(answers), hypervisor, parts) };
    });
    const guests = read.flatMap(({ inventory }) => [...inventory.guests.values()]);
    const faults = [
        ...read.flatMap(({ hypervisor, inventory }) => checkNode(substrate, hypervisor, inventory, recorded)),
        ...checkClaims(substrate, { recorded: holdingsOf(deployment, substrate.plan), guests, router: [] }),
    ];
    if (faults.length > 0) {
        throw new DefinitionError(faults);
    }
    const ofNodes = read.flatMap(({ hypervisor, inventory }) => nodeWarnings(substrate, hypervisor, inventory));
    [...ofNodes, ...warnings].forEach((one) => note(`warning: ${one}`));
}

/** What a run that ended with nothing done tells the next; undefined for any other. */
export function idleBy({ code, changes }: PulumiRun, held: readonly string[]): Idle | undefined {
    const idle = code === 0 && Object.keys(changes).join() === "same";
    return idle ? { changes, ...(held.length > 0 && { held: held.join(" ") }) } : undefined;
}
