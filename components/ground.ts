import { checkNode } from "../model/checkNode";
import { DefinitionError } from "../model/faults";
import { NOTHING_RECORDED, type NodeFacts, type Recorded } from "../model/nodeFacts";
import type { Hypervisor, Substrate } from "../model/substrate";
import { NodeClient, NodeError } from "../node/client";
import { tokenLacks } from "../node/permissions";
import { apiToken } from "../node/token";
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
        const [recorded, ...surveys] = await Promise.all([
            readRecorded(),
            ...substrate.hypervisors.map((hypervisor) => surveyed(hypervisor, substrate)),
        ]);
        const facts = new Map(surveys);
        const faults = substrate.hypervisors.flatMap((h) => checkNode(substrate, h, facts.get(h.name)!, recorded));
        if (faults.length > 0) {
            throw new DefinitionError(faults);
        }
        return { facts, recorded };
    } catch (error) {
        const told = error instanceof NodeError || error instanceof DefinitionError;
        throw told ? refusal(error.message) : error;
    }
}

async function surveyed(hypervisor: Hypervisor, substrate: Substrate): Promise<[string, NodeFacts]> {
    const client = new NodeClient(hypervisor.name, hypervisor.endpoint, apiToken());
    try {
        return [hypervisor.name, await survey(client, hypervisor, substrate)];
    } finally {
        client.close();
    }
}
