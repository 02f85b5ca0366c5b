import * as pulumi from "@pulumi/pulumi";
import { checkNode } from "../model/checkNode";
import { firewallWarning } from "../model/datacentreFirewall";
import { DefinitionError } from "../model/faults";
import { NOTHING_RECORDED, type NodeFacts, type Recorded } from "../model/nodeFacts";
import type { Hypervisor, Substrate } from "../model/substrate";
import { NodeError } from "../node/client";
import { tokenLacks } from "../node/permissions";
import { connect } from "../node/token";
import { survey } from "../node/survey";
import { readRecorded } from "./recorded";
import { refusal } from "./refusal";

/** What is known before the first resource is declared. */
export interface Ground {
    /** What each node holds, by the hypervisor's name; nothing for a substrate that is only planned. */
    readonly facts: ReadonlyMap<string, NodeFacts>;
    readonly recorded: Recorded;
}

/**
 * Looks at what the token may do, at the substrate's nodes and at the stack's own state, and checks the definitions
 * against them.
 *
 * @throws RunError, before anything is touched, with every fault or with why a node cannot be asked.
 */
export async function prepare(substrate: Substrate): Promise<Ground> {
    if (substrate.status === "planned") {
        return { facts: new Map(), recorded: NOTHING_RECORDED };
    }
    try {
        // Alone and first: what a survey sees depends on it.
        const lacks = await tokenLacks(substrate);
        if (lacks.length > 0) {
            throw new NodeError(lacks.join("\n"));
        }
        const recorded = await readRecorded();
        const surveys = substrate.hypervisors.map((hypervisor) => surveyed(hypervisor, substrate, recorded));
        const facts = new Map(await Promise.all(surveys));
        const faults = substrate.hypervisors.flatMap((h) => checkNode(substrate, h, facts.get(h.name)!, recorded));
        if (faults.length > 0) {
            throw new DefinitionError(faults);
        }
        warn(substrate, facts);
        return { facts, recorded };
    } catch (error) {
        const told = error instanceof NodeError || error instanceof DefinitionError;
        throw told ? refusal(error.message) : error;
    }
}

/** Tells what keeps the VMs' firewalls from counting, once for each hypervisor, in every preview and up. */
function warn(substrate: Substrate, facts: Ground["facts"]): void {
    for (const hypervisor of substrate.hypervisors) {
        const warning = firewallWarning(substrate, hypervisor, facts.get(hypervisor.name)!);
        if (warning !== undefined) {
            void pulumi.log.warn(warning);
        }
    }
}

async function surveyed(
    hypervisor: Hypervisor,
    substrate: Substrate,
    recorded: Recorded,
): Promise<[string, NodeFacts]> {
    const client = connect(hypervisor);
    try {
        return [hypervisor.name, await survey(client, hypervisor, substrate, recorded)];
    } finally {
        client.close();
    }
}
