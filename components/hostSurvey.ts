import { HostError } from "../host/error";
import { hostFacts, plan, runName, type Plan } from "../host/run";
import type { Secrets } from "../host/secrets";
import { checkHost, type HostFacts } from "../host/facts";
import { templatesIn, type Inventory } from "../node/inventory";
import type { Recorded, RecordedBaseline } from "../state/recorded";
import type { Hypervisor } from "../substrate/substrate";
import { chooseTemplate } from "../substrate/template";

/** The survey of a host with a baseline, before the first resource is declared. */
export interface HostSurvey {
    readonly plan: Plan;
    /** How often the baseline was begun anew after a run that did not end well. */
    readonly generation: number;
    /** Whether this run configures the host. */
    readonly due: boolean;
    /** Facts that the host told when it was last looked at. */
    readonly facts: HostFacts;
}

/** Name of the component of a hypervisor's baseline. */
export function baselineName({ name }: Hypervisor): string {
    return `${name}-baseline`;
}

/**
 * Plans what a run makes of a host, and looks at the host where that is to be made: a host that is as declared already is
 * not asked anything.
 *
 * @throws HostError with every fact that is not as it must be, or why the host cannot be asked.
 */
export async function surveyHost(
    root: string,
    hypervisor: Hypervisor,
    secrets: Secrets,
    recorded: Recorded,
    inventory: Inventory,
): Promise<HostSurvey> {
    const planned = await plan(root, hypervisor, secrets);
    const known = recorded.baselines.get(baselineName(hypervisor));
    const generation = generationOf(known);
    const { applied, facts } = known ?? {};
    if (facts !== undefined && applied?.digest === planned.digest && applied.generation === generation) {
        return { plan: planned, generation, due: false, facts };
    }
    const found = await hostFacts(root, hypervisor, secrets);
    const faults = [...checkHost(hypervisor, found), ...templateFaults(hypervisor, inventory)];
    if (faults.length > 0) {
        throw new HostError(`${faults.join("\n")}\nNothing was changed on the host.`);
    }
    return { plan: planned, generation, due: true, facts: found };
}

/**
 * A run that failed or was interrupted may have left anything between the old and the new on the host, while the state has
 * the old: whatever is wanted now, the old too, is made anew.
 */
function generationOf({ applied, begun }: RecordedBaseline = {}): number {
    if (applied === undefined) {
        return 1;
    }
    const ended = runName(applied.digest, applied.generation);
    return begun === undefined || begun === ended ? applied.generation : applied.generation + 1;
}

function templateFaults({ name, node, template }: Hypervisor, { guests }: Inventory): string[] {
    try {
        chooseTemplate(templatesIn(guests), template, node);
        return [];
    } catch (error) {
        if (error instanceof RangeError) {
            return [`${name}: template: ${error.message}`];
        }
        throw error;
    }
}
