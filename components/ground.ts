import * as pulumi from "@pulumi/pulumi";
import { checkClaims, type HeldOnRouter, type RecordedTenants } from "../model/claims";
import { checkNode } from "../model/checkNode";
import { DefinitionError } from "../model/faults";
import { NOTHING_RECORDED, type NodeFacts, type Recorded } from "../model/nodeFacts";
import type { Hypervisor, Substrate } from "../model/substrate";
import { NodeClient, NodeError } from "../node/client";
import { misplaced } from "../node/identity";
import { tokenLacks } from "../node/permissions";
import { apiToken } from "../node/token";
import { survey } from "../node/survey";
import { RouterClient } from "../router/client";
import { credentials } from "../router/credentials";
import { RouterError } from "../router/errors";
import { heldByOthers } from "../router/held";
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
        // Alone and first: what a survey sees depends on them.
        const wrong = await misplaced(substrate);
        const lacks = wrong.length > 0 ? wrong : await tokenLacks(substrate);
        if (lacks.length > 0) {
            throw new NodeError(lacks.join("\n"));
        }
        const [{ recorded, tenants }, ...surveys] = await Promise.all([
            readRecorded(),
            ...substrate.hypervisors.map((hypervisor) => surveyed(hypervisor, substrate)),
        ]);
        const facts = new Map(surveys);
        const guests = [...facts.values()].flatMap((one) => [...one.guests.values()]);
        const faults = [
            ...substrate.hypervisors.flatMap((h) => checkNode(substrate, h, facts.get(h.name)!, recorded)),
            ...checkClaims(substrate, { recorded: tenants, guests, router: await heldOnRouter(substrate, tenants) }),
        ];
        if (faults.length > 0) {
            throw new DefinitionError(faults);
        }
        return { facts, recorded };
    } catch (error) {
        const told = error instanceof NodeError || error instanceof RouterError || error instanceof DefinitionError;
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

/** What others hold on the router of the VLANs of tenants that are new; nothing is asked where none is. */
async function heldOnRouter(substrate: Substrate, recorded: RecordedTenants): Promise<HeldOnRouter[]> {
    const { mode, endpoint } = substrate.coreRouter;
    const fresh = substrate.tenants.filter(({ name }) => !recorded.has(name));
    if (mode !== "api" || endpoint === undefined || fresh.length === 0) {
        return [];
    }
    const config = pulumi.runtime.allConfig();
    return heldByOthers(
        new RouterClient(
            endpoint,
            credentials((key) => config[key]),
        ),
        substrate,
        fresh,
    );
}
