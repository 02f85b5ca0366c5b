import type { Row, RouterClient } from "./client";
import { RESERVATIONS, SUBNETS } from "./dhcp/fields";
import { served } from "./dhcp/keaInterfaces";
import type { Section } from "./fields";
import { interfaces } from "./interfaces";
import type { RouterInventory } from "./inventory";
import { HOST_ALIASES, HOSTS } from "./names/fields";
import { ALIASES, RULES } from "./rules/fields";
import { stopped } from "./services";
import { VLANS } from "./vlan/fields";

type Part = keyof RouterInventory;

const READERS: { readonly [P in Part]: (client: RouterClient) => Promise<RouterInventory[P]> } = {
    interfaces,
    served,
    stopped,
    vlans: search(VLANS),
    subnets: search(SUBNETS),
    reservations: search(RESERVATIONS),
    hosts: search(HOSTS),
    hostAliases: search(HOST_ALIASES),
    aliases: search(ALIASES),
    rules: search(RULES),
};

/**
 * Reads what the router has, changing nothing: OPNsense's searches are POST requests, and only read.
 *
 * @param parts what is asked for, in this order; missing: all of it.
 * @throws RouterError where the router cannot be asked, or an answer is not complete.
 */
export async function readInventory<P extends Part = Part>(
    client: RouterClient,
    parts: readonly P[] = Object.keys(READERS) as P[],
): Promise<Pick<RouterInventory, P>> {
    const inventory: Partial<RouterInventory> = {};
    for (const part of parts) {
        Object.assign(inventory, { [part]: await READERS[part](client) });
    }
    return inventory as Pick<RouterInventory, P>;
}

function search({ endpoint }: Section): (client: RouterClient) => Promise<Row[]> {
    return (client) => client.search(endpoint("search"));
}
