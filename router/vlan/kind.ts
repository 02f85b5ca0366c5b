import { isTenants } from "../../substrate/recordOwnership";
import { interfaces } from "../interfaces";
import type { Row } from "../client";
import { carrierOf, deviceOf, vlanRow, type AssignedInterface, type RouterInventory } from "../inventory";
import type { Kept, Kind, Target } from "../kind";
import type { Writer } from "../queue";
import { readInventory } from "../read";
import type { RouterVlan } from "../recordTypes";
import { text } from "../rows";
import { remove, save } from "../write";
import { assign, isUnfinished, requireAssigned, unassign } from "./assignment";
import { vlanFields, VLANS } from "./fields";

export type VlanInputs = Target & RouterVlan;

/** Name of an assignment of ours among the state's uuids. */
const ASSIGNED = "assignment";

export interface VlanState extends Kept {
    /** Whether the device is one that we made; one that was there before is used as it is and stays. */
    created: boolean;
    /** Identifier of the interface that carries the VLAN, such as opt8; empty while there is none. */
    interface: string;
}

/**
 * A VLAN device on the router's LAN parent, and the interface that it is assigned to. An assignment that we made is among the
 * state's uuids; a person completes it, and what a person completed stays.
 */
export const vlanKind: Kind<VlanInputs, VlanState> = {
    name: "vlan",
    identity: ["tenant", "parent", "tag"],
    id: ({ parent, tag }) => `${parent}.${tag}`,
    descriptions: ({ description }) => [description],
    emptyState: () => ({ uuids: {}, unapplied: [], created: false, interface: "" }),
    services: (_inputs, { created }) => (created ? ["vlan"] : []),

    async read(client, inputs, state) {
        const inventory = await readInventory(client, ["vlans", "interfaces"]);
        const device = vlanRow(inventory, inputs.parent, inputs.tag);
        if (device === undefined) {
            return undefined;
        }
        const created = isTenants(device["descr"], inputs.tenant);
        const assigned = carrierOf(inventory, device);
        return {
            inputs: {
                ...inputs,
                description: created ? text(device, "descr") : inputs.description,
                gatewayCidr: assigned?.enabled === true ? assigned.address : "",
            },
            state: {
                ...state,
                uuids: {
                    [device.uuid]: deviceOf(device),
                    ...(assigned && assigned.identifier in state.uuids && { [assigned.identifier]: ASSIGNED }),
                },
                created,
                interface: assigned?.identifier ?? "",
            },
        };
    },

    async write(writer, inputs, state) {
        const inventory = await readInventory(writer.client, ["vlans", "interfaces"]);
        const row = vlanRow(inventory, inputs.parent, inputs.tag);
        const device = row === undefined ? `vlan0.${inputs.tag}` : deviceOf(row);
        state.created = row === undefined || isTenants(row["descr"], inputs.tenant);
        const carrier = inventory.interfaces.find((one) => one.device === device);
        const ours = carrier !== undefined && carrier.identifier in state.uuids && { [carrier.identifier]: ASSIGNED };
        if (row !== undefined) {
            state.uuids = { [row.uuid]: device, ...ours };
        }
        if (state.created) {
            state.uuids = { [await save(writer, VLANS, vlanFields, { ...inputs, device }, row)]: device, ...ours };
        }
        const identifier = carrier === undefined ? await assign(writer, device, inputs.tag) : undefined;
        if (identifier !== undefined) {
            state.uuids[identifier] = ASSIGNED;
        }
    },

    async verify(client, inputs, state) {
        const device = Object.values(state.uuids)[0] ?? "";
        const assigned = (await interfaces(client)).find((one) => one.device === device);
        requireAssigned(inputs, device, assigned);
        state.interface = assigned.identifier;
    },

    async remove(writer, inputs, state) {
        const inventory = await readInventory(writer.client, ["vlans", "interfaces"]);
        const row = vlanRow(inventory, inputs.parent, inputs.tag);
        const assigned = await left(writer, inventory, row, state);
        if (row === undefined || !isTenants(row["descr"], inputs.tenant)) {
            return undefined;
        }
        if (assigned !== undefined) {
            return (
                `VLAN device ${deviceOf(row)} stays on the router, since it is assigned as ${assigned.identifier}; ` +
                "the next tenant on this VLAN uses it."
            );
        }
        await remove(writer, VLANS, [row]);
        return undefined;
    },
};

/** The interface that stays with a VLAN's device: an assignment of ours that nobody completed is taken back. */
async function left(
    writer: Writer,
    inventory: Pick<RouterInventory, "interfaces">,
    row: Row | undefined,
    { uuids }: VlanState,
): Promise<AssignedInterface | undefined> {
    const assigned = row && carrierOf(inventory, row);
    if (assigned === undefined || !(assigned.identifier in uuids) || !isUnfinished(assigned)) {
        return assigned;
    }
    await unassign(writer, assigned.identifier);
    return undefined;
}
