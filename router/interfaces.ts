import { shown } from "../definitions/refusal";
import { enclosingNetwork, parseAddress } from "../substrate/network";
import type { AssignedInterface } from "./inventory";
import type { RouterClient } from "./client";
import { RouterError } from "./errors";

const EXPORT = "interfaces/overview/export";

/**
 * Every assigned interface. OPNsense answers with a list of devices, as text/html; unassigned ones have no identifier.
 *
 * @throws RouterError for an answer that is no such list, or that is empty: a router always has a LAN.
 */
export async function interfaces(client: RouterClient): Promise<AssignedInterface[]> {
    const answer = await client.get(EXPORT);
    const entries: unknown[] = Array.isArray(answer) ? answer : [];
    const assigned = entries
        .filter((entry): entry is Record<string, unknown> => typeof entry === "object" && entry !== null)
        .filter(({ identifier }) => typeof identifier === "string" && identifier !== "")
        .map(({ identifier, device, enabled, addr4, description }) => ({
            identifier: identifier as string,
            device: typeof device === "string" ? device : "",
            enabled: enabled === true || enabled === "1",
            address: addressIn(identifier as string, addr4),
            description: typeof description === "string" ? description : "",
        }));
    if (assigned.length === 0) {
        throw new RouterError(
            `GET ${EXPORT}: the answer lists no interface; taken for incomplete, so nothing was changed; run it again.`,
        );
    }
    return assigned;
}

/** An interface's address in CIDR form, as OPNsense has it; empty where it has none. */
function addressIn(identifier: string, addr4: unknown): string {
    if (typeof addr4 !== "string" || addr4 === "") {
        return "";
    }
    if (enclosingNetwork(addr4) === undefined && parseAddress(addr4) === undefined) {
        throw new RouterError(
            `GET ${EXPORT}: the address of ${identifier} is ${shown(addr4)}, which is no IPv4 address; nothing was changed.`,
        );
    }
    return addr4;
}
