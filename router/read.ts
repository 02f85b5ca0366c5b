import type { FoundRow, RouterFound } from "./found";
import type { Row, RouterClient } from "./client";
import { ServiceDownError } from "./errors";
import { interfaces } from "./interfaces";
import { served } from "./dhcp/keaInterfaces";
import { requireRunning } from "./services";

/**
 * Reads what the router holds of all that tenants have there, reading only: OPNsense's searches are POST requests, and
 * change nothing.
 *
 * @throws RouterError where the router cannot be asked, or an answer is not complete.
 */
export async function lookAt(client: RouterClient): Promise<RouterFound> {
    const search = async (path: string) => (await client.search(path)).map(asText);
    return {
        interfaces: await interfaces(client),
        served: await served(client),
        stopped: [...(await stopped(client, "kea")), ...(await stopped(client, "unbound"))],
        vlans: await search("interfaces/vlan_settings/searchItem"),
        subnets: await search("kea/dhcpv4/search_subnet"),
        reservations: await search("kea/dhcpv4/search_reservation"),
        hosts: await search("unbound/settings/searchHostOverride"),
        hostAliases: await search("unbound/settings/searchHostAlias"),
        aliases: await search("firewall/alias/searchItem"),
        rules: await search("firewall/filter/searchRule"),
    };
}

async function stopped(client: RouterClient, service: "kea" | "unbound"): Promise<string[]> {
    try {
        await requireRunning(client, service);
        return [];
    } catch (error) {
        if (error instanceof ServiceDownError) {
            return [error.message];
        }
        throw error;
    }
}

/** A row with the fields that hold a value, as text. */
function asText(row: Row): FoundRow {
    const fields = Object.entries(row).filter(([, value]) => ["string", "number", "boolean"].includes(typeof value));
    return { ...Object.fromEntries(fields.map(([name, value]) => [name, String(value)])), uuid: row.uuid };
}
