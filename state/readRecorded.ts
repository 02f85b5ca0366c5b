import * as pulumi from "@pulumi/pulumi";
import type { Made } from "../substrate/expiry";
import type { NetworkPlan } from "../substrate/plan";
import type { VmOutput } from "../substrate/outputs";
import type { StateResource } from "./deployment";
import { holdingsOf, type RecordedTenants } from "./holdings";
import { keptIn } from "./lifetimes";
import { resourcesIn } from "./reading/read";
import { recordedOf, type Recorded } from "./recorded";
import { STATE_FILE } from "./spared";

/** All that a run reads of its stack's own state. */
export interface ReadState {
    readonly recorded: Recorded;
    readonly tenants: RecordedTenants;
    /** When things were made whose `expires` is an age, as far as the outputs keep it. */
    readonly kept: Made;
    /** VMs as the stack's outputs have them. */
    readonly vms: readonly VmOutput[];
    readonly resources: readonly StateResource[];
}

/**
 * Reads what the stack's own state knows, through the two functions that Pulumi's StackReference is made of. It says
 * which VMs are ours already, and which MAC each had: an automatic MAC is drawn once, and is kept from then on.
 */
export async function readRecorded(plan: NetworkPlan): Promise<ReadState> {
    const stack = `${pulumi.getOrganization()}/${pulumi.getProject()}/${pulumi.getStack()}`;
    const [resources, outputs] = await Promise.all([
        knownResources() ?? askedResources(stack),
        builtin("readStackOutputs", { name: stack }),
    ]);
    const vms = (outputs["vms"] ?? []) as readonly VmOutput[];
    return {
        recorded: recordedOf(resources, vms),
        tenants: holdingsOf({ resources }, plan),
        kept: keptIn(outputs),
        vms,
        resources,
    };
}

/** The resources of the state in a file, where `tenants` named it: the engine takes a second to tell of a thousand. */
function knownResources(): StateResource[] | undefined {
    const file = process.env[STATE_FILE];
    return file === undefined ? undefined : resourcesIn(pulumi.getStack(), file);
}

async function askedResources(stack: string): Promise<StateResource[]> {
    const told = await builtin("readStackResourceOutputs", { stackName: stack });
    const resources = told as Readonly<Record<string, Omit<StateResource, "urn">>>;
    return Object.entries(resources).map(([urn, resource]) => ({ urn, ...resource }));
}

async function builtin(name: string, args: Record<string, string>): Promise<Record<string, unknown>> {
    const answer = (await pulumi.runtime.invoke(`pulumi:pulumi:${name}`, args)) as { outputs?: object };
    return (answer.outputs ?? {}) as Record<string, unknown>;
}
