import { enclosingNetwork, liesIn, networkOf, parseAddress } from "../../substrate/network";
import { formatRanges } from "../../firewall/openings";
import type { PacketProtocol } from "../../firewall/packetFilter";
import type { RouterClient, Row } from "../client";
import { RouterError } from "../errors";
import { RULE_PARTS } from "../inventory";
import { readInventory } from "../read";
import { text } from "../rows";
import { interfaceFilter } from "./filter";

const STATES = "diagnostics/firewall";

/** The tenant and its interface. */
interface On {
    readonly tenant: string;
    /** Identifier of the interface of the tenant's VLAN, such as opt8. */
    readonly interface: string;
}

/**
 * Ends the open connections that a tenant's VMs began and that the router's rules let in no more: a reload of rules ends none,
 * since pf asks them of the first packet alone (opnsense/core 26.7.2, src/etc/inc/filter.inc:423). Each is ended by its number:
 * `kill_states` takes neither a network nor the uuid of a rule, whose slash and dashes it strips
 * (Diagnostics/Api/FirewallController.php:286, library/OPNsense/Core/SanitizeFilter.php:81).
 *
 * @returns what was done in words, or that it could not be done and how a person does it; undefined where there was nothing to end.
 */
export async function endConnections(client: RouterClient, { tenant, interface: on }: On): Promise<string | undefined> {
    const inventory = await readInventory(client, RULE_PARTS);
    const network = enclosingNetwork(inventory.interfaces.find(({ identifier }) => identifier === on)?.address ?? "");
    if (network === undefined) {
        return undefined;
    }
    const subnet = formatRanges([network]).join();
    const { filter } = interfaceFilter(inventory, on);
    try {
        const states = await client.search(`${STATES}/query_states`, subnet, "id");
        const closed = states.filter((row) => {
            const packet = packetOf(row, subnet);
            return packet !== undefined && filter.first(packet)?.["action"] !== "pass";
        });
        for (const row of closed) {
            await client.act(`${STATES}/del_state/${text(row, "id")}`);
        }
        const connections = new Set(closed.map(endsOf)).size;
        return connections === 0
            ? undefined
            : `${tenant}: ${connections} open ${connections === 1 ? "connection" : "connections"} ended, which the rules let in no more.`;
    } catch (error) {
        if (!(error instanceof RouterError)) {
            throw error;
        }
        return (
            `warning: ${tenant}: connections that are open go on, also those that the rules let in no more (${error.message}). ` +
            `To end them: Firewall > Diagnostics > States on the router, search for ${subnet}, delete.`
        );
    }
}

/** The first packet of a connection that a VM of the subnet began, by IPv4; undefined for any other. */
function packetOf(row: Row, subnet: string) {
    const [from, to] = [text(row, "src_addr"), text(row, "dst_addr")];
    const [source, destination] = [parseAddress(from), parseAddress(to)];
    if (source === undefined || destination === undefined || !liesIn(`${from}/32`, [networkOf(subnet)])) {
        return undefined;
    }
    const proto = text(row, "proto");
    const protocol: PacketProtocol = proto === "tcp" || proto === "udp" || proto === "icmp" ? proto : "other";
    return { protocol, source, destination, port: Number(text(row, "dst_port")) || 0 };
}

/** A connection has a state where it comes in and one where it goes out. */
function endsOf(row: Row): string {
    return ["proto", "src_addr", "src_port", "dst_addr", "dst_port"].map((field) => text(row, field)).join(" ");
}
