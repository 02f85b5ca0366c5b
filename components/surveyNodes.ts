import type { Fault } from "../definitions/faults";
import { checkNode } from "../node/checkNode";
import { withEachNode, type Answers } from "../node/client";
import type { Inventory } from "../node/inventory";
import { readInventory, surveyParts } from "../node/read";
import type { RouterClaim } from "../router/claims";
import type { RecordedTenants } from "../state/holdings";
import type { Recorded } from "../state/recorded";
import type { Substrate } from "../substrate/substrate";
import { checkClaims } from "./checkClaims";

/** Inventory of each node, by the hypervisor's name. */
export type Inventories = ReadonlyMap<string, Inventory>;

/**
 * Reads all of the nodes that a run looks at before it declares anything.
 *
 * @param answers those of the nodes that the run has already.
 * @throws NodeError where a node cannot be asked.
 */
export async function readNodes(
    substrate: Substrate,
    recorded: Recorded,
    answers: Answers = new Map(),
): Promise<Inventories> {
    const read = await withEachNode(substrate, async (client, hypervisor) => {
        const parts = surveyParts(substrate, hypervisor, recorded);
        return [hypervisor.name, await readInventory(client.remembering(answers), hypervisor, parts)] as const;
    });
    return new Map(read);
}

/** Everything that definitions are held against beside the nodes. */
interface Known {
    readonly recorded: Recorded;
    readonly tenants: RecordedTenants;
    readonly router: readonly RouterClaim[];
}

/** Faults of the definitions beside what nodes, state and router have. */
export function checkNodes(
    substrate: Substrate,
    inventories: Inventories,
    { recorded, tenants, router }: Known,
): Fault[] {
    const guests = [...inventories.values()].flatMap((one) => [...one.guests.values()]);
    return [
        ...substrate.hypervisors.flatMap((h) => checkNode(substrate, h, inventories.get(h.name)!, recorded)),
        ...checkClaims(substrate, { recorded: tenants, guests, router }),
    ];
}
