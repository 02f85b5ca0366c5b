import type { Hypervisor, Substrate } from "../substrate/substrate";
import type { NodeClient } from "./client";
import { misplaced } from "./identity";
import { tokenLacks } from "./permissions";
import { connect } from "./token";

/** Looks at one node, and says in lines what is wrong with it. */
type Look = (client: NodeClient, substrate: Substrate, hypervisor: Hypervisor) => Promise<string[]>;

/**
 * Why no run may work on the nodes of a substrate, one line for each reason: the nodes are not the substrate's own, or else
 * what the token lacks on them. Asked before anything else: some missing privileges are no refusal but a node that looks
 * empty, whose VMs Pulumi would forget. A planned substrate has no node to ask.
 *
 * @throws NodeError where a node cannot be asked.
 */
export async function unfit(substrate: Substrate): Promise<string[]> {
    if (substrate.status === "planned") {
        return [];
    }
    const connected = substrate.hypervisors.map((hypervisor) => ({ hypervisor, client: connect(hypervisor) }));
    const each = async (look: Look) =>
        (await Promise.all(connected.map((one) => look(one.client, substrate, one.hypervisor)))).flat();
    try {
        // What a wrong node grants says nothing.
        const wrong = await each(misplaced);
        return wrong.length > 0 ? wrong : await each(tokenLacks);
    } finally {
        connected.forEach(({ client }) => client.close());
    }
}
