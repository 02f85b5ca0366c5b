import * as pulumi from "@pulumi/pulumi";
import type { Made } from "../substrate/expiry";
import type { NetworkPlan } from "../substrate/plan";
import type { VmOutput } from "../substrate/outputs";
import type { StateResource } from "./deployment";
import { holdingsOf, type RecordedTenants } from "./holdings";
import { keptIn } from "./lifetimes";
import { recordedOf, type Recorded } from "./recorded";

/** All that a run reads of its stack's own state. */
export interface ReadState {
    readonly recorded: Recorded;
    readonly tenants: RecordedTenants;
    /** When things were made whose `expires` is an age, as far as the outputs keep it. */
    readonly kept: Made;
}

/**
 * Reads what the stack's own state knows, through the two functions that Pulumi's StackReference is made of. It says
 * which VMs are ours already, and which MAC each had: an automatic MAC is drawn once, and is kept from then on.
 */
export async function readRecorded(plan: NetworkPlan): Promise<ReadState> {
    const stack = `${pulumi.getOrganization()}/${pulumi.getProject()}/${pulumi.getStack()}`;
    const [state, outputs] = await Promise.all([
        builtin("readStackResourceOutputs", { stackName: stack }),
        builtin("readStackOutputs", { name: stack }),
    ]);
    const vms = (outputs["vms"] ?? []) as readonly VmOutput[];
    const told = state as Readonly<Record<string, Omit<StateResource, "urn">>>;
    const resources = Object.entries(told).map(([urn, resource]) => ({ urn, ...resource }));
    return {
        recorded: recordedOf(resources, vms),
        tenants: holdingsOf({ resources }, plan),
        kept: keptIn(outputs),
    };
}

async function builtin(name: string, args: Record<string, string>): Promise<Record<string, unknown>> {
    const answer = (await pulumi.runtime.invoke(`pulumi:pulumi:${name}`, args)) as { outputs?: object };
    return (answer.outputs ?? {}) as Record<string, unknown>;
}
