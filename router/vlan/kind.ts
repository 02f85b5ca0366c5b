import { isTenants } from "../../substrate/recordOwnership";
import { RouterError } from "../errors";
import { interfaces } from "../interfaces";
import { carrierOf, deviceOf, vlanRow, type AssignedInterface } from "../inventory";
import type { Kept, Kind, Target } from "../kind";
import { readInventory } from "../read";
import type { RouterVlan } from "../recordTypes";
import { text } from "../rows";
import { remove, save } from "../write";
import { vlanFields, VLANS } from "./fields";

export type VlanInputs = Target & RouterVlan;

export interface VlanState extends Kept {
    /** Whether the device is one that we made; one that was there before is used as it is and stays. */
    created: boolean;
    /** Identifier of the interface that carries the VLAN, such as opt8; empty while there is none. */
    interface: string;
}

/** A VLAN device on the router's LAN parent, and the interface that a person assigned it to. */
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
                uuids: { [device.uuid]: deviceOf(device) },
                created,
                interface: assigned?.identifier ?? "",
            },
        };
    },

    async write(writer, inputs, state) {
        const row = vlanRow(await readInventory(writer.client, ["vlans"]), inputs.parent, inputs.tag);
        const device = row === undefined ? `vlan0.${inputs.tag}` : deviceOf(row);
        state.created = row === undefined || isTenants(row["descr"], inputs.tenant);
        if (row !== undefined) {
            state.uuids = { [row.uuid]: device };
        }
        if (state.created) {
            state.uuids = { [await save(writer, VLANS, vlanFields, { ...inputs, device }, row)]: device };
        }
    },

    async verify(client, inputs, state) {
        const device = Object.values(state.uuids)[0] ?? "";
        const assigned = (await interfaces(client)).find((one) => one.device === device);
        requireAssigned(inputs, device, assigned);
        state.interface = assigned.identifier;
    },

    async remove(writer, inputs) {
        const inventory = await readInventory(writer.client, ["vlans", "interfaces"]);
        const row = vlanRow(inventory, inputs.parent, inputs.tag);
        if (row === undefined || !isTenants(row["descr"], inputs.tenant)) {
            return undefined;
        }
        const assigned = carrierOf(inventory, row);
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
            `${inputs.gatewayCidr}, Save, Apply changes. Best done once for all VLANs of tenants. Then run it again.`,
    );
}
