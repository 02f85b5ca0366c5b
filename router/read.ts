import type { Row, RouterClient } from "./client";
import { RESERVATIONS, SUBNETS } from "./dhcp/fields";
import { served } from "./dhcp/keaInterfaces";
import type { Section } from "./fields";
import { interfaces } from "./interfaces";
import type { Door, RouterDoors, RouterInventory, UnreadDoor } from "./inventory";
import { DeniedError } from "./errors";
import { HOST_ALIASES, HOSTS } from "./names/fields";
import { ALIASES, RULES } from "./rules/fields";
import { privilegeFor } from "./privileges";
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
    doors,
};

const DOORS: Readonly<Record<Door, string>> = {
    groups: "firewall/group/searchItem",
    forwards: "firewall/d_nat/searchRule",
    outbound: "firewall/source_nat/searchRule",
    oneToOne: "firewall/one_to_one/searchRule",
};

/** Every part of the inventory. */
const PARTS = Object.keys(READERS) as readonly Part[];

/** The parts that hold records of tenants. */
export const RECORD_PARTS = PARTS.filter((part): part is Exclude<Part, "doors"> => part !== "doors");

/**
 * Reads what the router has, changing nothing: OPNsense's searches are POST requests, and only read.
 *
 * @param parts what is asked for, in this order; missing: all of it.
 * @throws RouterError where the router cannot be asked, or an answer is not complete.
 */
export async function readInventory<P extends Part = Part>(
    client: RouterClient,
    parts: readonly P[] = PARTS as readonly P[],
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

/** Each kind of door; one that the user may not see, or that the version does not have, is told and left out. */
async function doors(client: RouterClient): Promise<RouterDoors> {
    const unread: UnreadDoor[] = [];
    const found = { groups: [], forwards: [], outbound: [], oneToOne: [] } as Record<Door, Row[]>;
    for (const [door, path] of Object.entries(DOORS) as [Door, string][]) {
        try {
            found[door] = await client.search(path);
        } catch (error) {
            if (!(error instanceof DeniedError)) {
                throw error;
            }
            unread.push({ door, ...(error.status === 403 && { privilege: privilegeFor(path)! }) });
        }
    }
    return { ...found, unread };
}
