import { DeniedError, RouterError } from "../errors";
import type { AssignedInterface } from "../inventory";
import type { Writer } from "../queue";
import type { RouterVlan } from "../recordTypes";

const ASSIGNMENT = "interfaces/assignment";

/**
 * Assigns a VLAN's device to an interface, as far as the router lets us: from 26.7 on OPNsense's API assigns the device alone
 * (Interfaces/NetworkInterface.xml of opnsense/core 26.7.2), neither enabled nor with an address.
 *
 * @returns the interface's identifier, such as opt8; undefined where the key's user or the router's version cannot.
 */
export async function assign(writer: Writer, device: string, tag: number): Promise<string | undefined> {
    try {
        // Not locked, or it could not be taken back.
        const body = { if: device, descr: descriptionOf(tag), lock: "0" };
        const identifier = await writer.client.add(`${ASSIGNMENT}/addItem`, { interface: body });
        writer.dirty("vlan");
        return identifier;
    } catch (error) {
        if (error instanceof DeniedError) {
            return undefined;
        }
        throw error;
    }
}

/** Takes an assignment back; that waits for a reconfigure of the assignments, with which the interface's rules go. */
export async function unassign({ client }: Writer, identifier: string): Promise<void> {
    await client.delete(`${ASSIGNMENT}/delItem/${identifier}`, identifier);
    await client.reconfigure(`${ASSIGNMENT}/reconfigure`);
}

/** Whether nobody has given an interface what our assignment lacks. */
export function isUnfinished({ enabled, address }: AssignedInterface): boolean {
    return !enabled && address === "";
}

/**
 * The step that OPNsense's API has nothing for (opnsense/core#7324): all of it, or an assigned interface's address.
 *
 * @throws RouterError with the step where it was not done.
 */
export function requireAssigned(
    inputs: RouterVlan,
    device: string,
    assigned: AssignedInterface | undefined,
): asserts assigned is AssignedInterface {
    if (assigned?.enabled === true && assigned.address === inputs.gatewayCidr) {
        return;
    }
    const found =
        assigned === undefined
            ? "is assigned to no interface. OPNsense has no API for it"
            : `${foundOf(assigned)}. OPNsense has no API for its address`;
    const open =
        assigned === undefined
            ? `Interfaces > Assignments, add ${device}, open it`
            : `Interfaces > [${assigned.description || assigned.identifier}]`;
    throw new RouterError(
        `VLAN ${inputs.tag}: device ${device} ${found}; on the router, once: ${open}, tick "Enable interface", IPv4 ` +
            `Configuration Type "Static IPv4", IPv4 address ${inputs.gatewayCidr}, Save, Apply changes. Best done once for ` +
            "all VLANs of tenants. Then run it again.",
    );
}

function foundOf({ identifier, enabled, address }: AssignedInterface): string {
    const what = enabled ? `whose address is ${address || "none"}` : "which is not enabled";
    return `is assigned as ${identifier}, ${what}`;
}

/** Name of the interface of a tenant's VLAN, as the one-time step has it too. */
function descriptionOf(tag: number): string {
    return `TENANT${tag}`;
}
