import { grantsOf, lacksOf, type Permissions } from "../substrate/role";
import type { Hypervisor, Substrate } from "../substrate/substrate";
import type { NodeClient } from "./client";
import { apiToken } from "./connect";

/**
 * Privileges that the token lacks on a node, one line for each; one request.
 *
 * @throws NodeError where the node cannot be asked.
 */
export async function tokenLacks(client: NodeClient, substrate: Substrate, hypervisor: Hypervisor): Promise<string[]> {
    const permissions = await client.get<Permissions>("/access/permissions");
    const name = apiToken().split("=")[0]!;
    return lacksOf(grantsOf(substrate, hypervisor), permissions).map(
        ({ privilege, path }) =>
            `${hypervisor.name}: the token ${name} lacks ${privilege} on ${path}; see \`tenants role\``,
    );
}
