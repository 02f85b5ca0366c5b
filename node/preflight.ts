import type { Substrate } from "../substrate/substrate";
import { NodeError } from "./client";
import { withEachNode } from "./connect";
import { misplaced } from "./identity";
import { tokenLacks } from "./permissions";

/**
 * Why no run may work on the nodes of a substrate, one line for each reason: the nodes are not the substrate's own, or else
 * what the token lacks on them. Asked before anything else: some missing privileges are no refusal but a node that looks
 * empty, whose VMs Pulumi would forget. A planned substrate has no node to ask.
 *
 * @throws NodeError where a node cannot be asked.
 */
export async function preflight(substrate: Substrate): Promise<string[]> {
    if (substrate.status === "planned") {
        return [];
    }
    const reasons = await withEachNode(substrate, async (client, hypervisor) => {
        const wrong = await misplaced(client, substrate, hypervisor);
        // What a wrong node grants says nothing.
        return wrong.length > 0 ? wrong : tokenLacks(client, substrate, hypervisor);
    });
    return reasons.flat();
}

/** Refuses a run that may not work on a substrate's nodes. @throws NodeError with every reason of preflight. */
export async function requirePreflight(substrate: Substrate): Promise<void> {
    const reasons = await preflight(substrate);
    if (reasons.length > 0) {
        throw new NodeError(reasons.join("\n"));
    }
}
