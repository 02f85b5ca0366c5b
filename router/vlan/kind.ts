import type { AssignedInterface } from "../found";
import type { RouterVlan } from "../recordTypes";
import type { Row, RouterClient } from "../client";
import { RouterError } from "../errors";
import { interfaces } from "../interfaces";
import type { Kept, Kind, Target } from "../kind";
import { isTenants } from "../../substrate/recordOwnership";
import { text } from "../ownership";
import type { Writer } from "../queue";

export type VlanInputs = Target & RouterVlan;

export interface VlanState extends Kept {
    /** Whether the device is one that we made; one that was there before is used as it is and stays. */
    created: boolean;
    /** Identifier of the interface that carries the VLAN, such as opt8; empty while there is none. */
    interface: string;
}

const SETTINGS = "interfaces/vlan_settings";

/** A VLAN device on the router's LAN parent, and the interface that a person assigned it to. */
export const vlanKind: Kind<VlanInputs, VlanState> = {
    name: "vlan",
    identity: ["tenant", "parent", "tag"],
    id: ({ parent, tag }) => `${parent}.${tag}`,
    descriptions: ({ description }) => [description],
    emptyState: () => ({ uuids: {}, unapplied: [], created: false, interface: "" }),
    services: (_inputs, { created }) => (created ? ["vlan"] : []),

    async read(client, inputs, state) {
        const device = await find(client, inputs);
        if (device === undefined) {
            return undefined;
        }
        const created = isTenants(device["descr"], inputs.tenant);
        const assigned = carrier(await interfaces(client), device);
        return {
            inputs: {
                ...inputs,
                description: created ? text(device, "descr") : inputs.description,
                gatewayCidr: assigned?.enabled === true ? assigned.address : "",
            },
            state: {
                ...state,
                uuids: { [device.uuid]: deviceOf(device) },
                created,
                interface: assigned?.identifier ?? "",
            },
        };
    },

    async write(writer, inputs, state) {
        const device = await find(writer.client, inputs);
        state.created = device === undefined || isTenants(device["descr"], inputs.tenant);
        if (device !== undefined) {
            state.uuids = { [device.uuid]: deviceOf(device) };
        }
        if (!state.created || (device !== undefined && device["descr"] === inputs.description)) {
            return;
        }
        writer.dirty("vlan");
        const vlanif = device === undefined ? `vlan0.${inputs.tag}` : deviceOf(device);
        const vlan = { if: inputs.parent, tag: String(inputs.tag), descr: inputs.description, vlanif };
        if (device !== undefined) {
            await writer.client.set(`${SETTINGS}/setItem/${device.uuid}`, { vlan });
            return;
        }
        const uuid = await writer.client.add(`${SETTINGS}/addItem`, { vlan });
        state.uuids = { [uuid]: vlanif };
    },

    async verify(client, inputs, state) {
        const device = Object.values(state.uuids)[0] ?? "";
        const assigned = (await interfaces(client)).find((one) => one.device === device);
        requireAssigned(inputs, device, assigned);
        state.interface = assigned.identifier;
    },

    async remove(writer, inputs) {
        const device = await find(writer.client, inputs);
        if (device === undefined || !isTenants(device["descr"], inputs.tenant)) {
            return undefined;
        }
        const assigned = carrier(await interfaces(writer.client), device);
        if (assigned !== undefined) {
            return (
                `VLAN device ${deviceOf(device)} stays on the router, since it is assigned as ${assigned.identifier}; ` +
                "the next tenant on this VLAN uses it."
            );
        }
        await deleteDevice(writer, device);
        return undefined;
    },
};

async function deleteDevice(writer: Writer, device: Row): Promise<void> {
    writer.dirty("vlan");
    await writer.client.delete(`${SETTINGS}/delItem/${device.uuid}`, text(device, "descr"));
}

/** The device with the tag on the parent, whoever made it; there is at most one. */
async function find(client: RouterClient, { parent, tag }: VlanInputs): Promise<Row | undefined> {
    const rows = await client.search(`${SETTINGS}/searchItem`);
    return rows.find((row) => text(row, "tag") === String(tag) && text(row, "if") === parent);
}

/** Name of the device alone: a search puts the interface's name behind it, as in `vlan0.50 [TENANT50]`. */
function deviceOf(row: Row): string {
    return text(row, "vlanif").replace(/ \[.*$/, "");
}

function carrier(all: readonly AssignedInterface[], device: Row): AssignedInterface | undefined {
    return all.find((one) => one.device === deviceOf(device));
}

/**
 * The one step that OPNsense's API has nothing for (opnsense/core#7324).
 *
 * @throws RouterError with the step where it was not done.
 */
function requireAssigned(
    inputs: VlanInputs,
    device: string,
    assigned: AssignedInterface | undefined,
): asserts assigned is AssignedInterface {
    if (assigned?.enabled === true && assigned.address === inputs.gatewayCidr) {
        return;
    }
    const found =
        assigned === undefined
            ? "is assigned to no interface"
            : assigned.enabled
              ? `is assigned as ${assigned.identifier}, whose address is ${assigned.address || "none"}`
              : `is assigned as ${assigned.identifier}, which is not enabled`;
    throw new RouterError(
        `VLAN ${inputs.tag}: device ${device} ${found}. OPNsense has no API for it; on the router, once: Interfaces > ` +
            `Assignments, add ${device}, open it, tick "Enable interface", IPv4 Configuration Type "Static IPv4", IPv4 address ` +
            `${inputs.gatewayCidr}, Save, Apply changes. Best done once for VLANs 50-59. Then run it again.`,
    );
}
