import { grantsOf, lacksOf, type Permissions } from "../model/role";
import type { Hypervisor, Substrate } from "../model/substrate";
import { apiToken, connect } from "./token";

/**
 * What the token lacks on the nodes of a substrate, one line for each privilege; one request per node. Asked before
 * anything else: some missing privileges are no refusal but a node that looks empty, whose VMs Pulumi would forget. A
 * planned substrate has no node to ask.
 *
 * @throws NodeError where a node cannot be asked.
 */
export async function tokenLacks(substrate: Substrate): Promise<string[]> {
    const hypervisors = substrate.status === "planned" ? [] : substrate.hypervisors;
    const lines = await Promise.all(hypervisors.map((hypervisor) => lacksOn(substrate, hypervisor)));
    return lines.flat();
}

async function lacksOn(substrate: Substrate, hypervisor: Hypervisor): Promise<string[]> {
    const client = connect(hypervisor);
    try {
        const held = await client.get<Permissions>("/access/permissions");
        const name = apiToken().split("=")[0]!;
        return lacksOf(grantsOf(substrate, hypervisor), held).map(
            ({ privilege, path }) =>
                `${hypervisor.name}: the token ${name} lacks ${privilege} on ${path}; see make role`,
        );
    } finally {
        client.close();
    }
}
