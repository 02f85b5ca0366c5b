import { isTenants } from "../../substrate/recordOwnership";
import type { Row } from "../client";
import { recordOf } from "../fields";
import type { Kept, Kind, Target } from "../kind";
import type { Writer } from "../queue";
import { readInventory } from "../read";
import type { RouterDhcp, RouterReservation } from "../recordTypes";
import { requireFree, tenantsRows, text } from "../rows";
import { remove, save } from "../write";
import { reservationFields, RESERVATIONS, sameAddress, sameMac, subnetFields, subnetRow, SUBNETS } from "./fields";
import { serve, served, stopServing } from "./keaInterfaces";
import { writeReservations } from "./reservations";

export type DhcpInputs = Target &
    RouterDhcp & {
        /** Identifier of the interface that Kea must serve, such as opt8. */
        readonly interface: string;
    };

export interface DhcpState extends Kept {
    /** Identifier of the interface that Kea serves because we told it to; empty where it did so already. */
    served: string;
}

/** A Kea subnet with its options and reservations, on an interface that Kea serves. */
export const dhcpKind: Kind<DhcpInputs, DhcpState> = {
    name: "dhcp",
    identity: ["tenant", "subnet"],
    id: ({ subnet }) => subnet,
    descriptions: ({ description, reservations }) => [description, ...reservations.map((one) => one.description)],
    emptyState: () => ({ uuids: {}, unapplied: [], served: "" }),
    services: () => ["kea"],

    async read(client, inputs, state) {
        const inventory = await readInventory(client, ["subnets", "reservations", "served"]);
        const subnet = subnetRow(inventory, inputs.subnet);
        if (subnet === undefined || !isTenants(subnet["description"], inputs.tenant)) {
            return undefined;
        }
        const rows = tenantsRows(inventory.reservations, inputs.tenant).filter((row) => row["subnet"] === subnet.uuid);
        const fields = reservationFields(subnet.uuid);
        return {
            inputs: {
                ...inputs,
                ...recordOf(subnetFields, subnet),
                interface: inventory.served.includes(inputs.interface) ? inputs.interface : "",
                reservations: rows.map((row) => recordOf(fields, row)).sort(byAddress),
            },
            state: { ...state, uuids: uuidsOf(subnet, rows) },
        };
    },

    async write(writer, inputs, state) {
        const inventory = await readInventory(writer.client, ["subnets", "reservations"]);
        const subnet = subnetRow(inventory, inputs.subnet);
        if (subnet !== undefined) {
            requireFree([subnet], inputs.tenant, `subnet ${inputs.subnet}`, "Kea subnet");
            state.uuids[subnet.uuid] = inputs.subnet;
        }
        requireReservable(inventory.reservations, inputs);
        const uuid = await save(writer, SUBNETS, subnetFields, inputs, subnet);
        state.uuids[uuid] = inputs.subnet;
        const own = tenantsRows(inventory.reservations, inputs.tenant);
        await writeReservations(writer, uuid, inputs.reservations, own, state);
        await serveInterface(writer, inputs.interface, state);
    },

    async remove(writer, inputs, state) {
        // The subnet goes last: while it is there, a teardown that was broken off is not over.
        if (state.served !== "") {
            await stopServing(writer, state.served);
        }
        const { subnets, reservations } = await readInventory(writer.client, ["subnets", "reservations"]);
        const subnet = subnetRow({ subnets }, inputs.subnet);
        if (subnet !== undefined && isTenants(subnet["description"], inputs.tenant)) {
            await removeScope(writer, inputs.tenant, subnet, reservations);
        }
        return undefined;
    },
};

/**
 * Deletes a tenant's subnet with its reservations.
 *
 * @throws ConflictError where one of them is somebody else's.
 */
export async function removeScope(
    writer: Writer,
    tenant: string,
    subnet: Row,
    reservations: readonly Row[],
): Promise<void> {
    const inside = reservations.filter((row) => row["subnet"] === subnet.uuid);
    requireFree(inside, tenant, `subnet ${text(subnet, "subnet")} cannot be deleted: it`, "reservation");
    await remove(writer, RESERVATIONS, inside);
    await remove(writer, SUBNETS, [subnet]);
}

/** Makes Kea serve the interface, and no longer one that it served for us before. */
async function serveInterface(writer: Writer, name: string, state: DhcpState): Promise<void> {
    if (state.served !== "" && state.served !== name) {
        await stopServing(writer, state.served);
        state.served = "";
    }
    if (!(await served(writer.client)).includes(name)) {
        // Noted first: an answer that never comes may mean that it was done.
        state.served = name;
        await serve(writer, name);
    }
}

function uuidsOf(subnet: Row, reservations: readonly Row[]): Record<string, string> {
    return Object.fromEntries([
        [subnet.uuid, text(subnet, "subnet")],
        ...reservations.map((row) => [row.uuid, text(row, "ip_address")] as const),
    ]);
}

/** @throws ConflictError where somebody else reserves one of the MACs or addresses. */
function requireReservable(rows: readonly Row[], { tenant, reservations }: DhcpInputs): void {
    for (const wanted of reservations) {
        const sameMacs = rows.filter((row) => sameMac(wanted, row));
        requireFree(sameMacs, tenant, `MAC ${wanted.mac}`, "reservation");
        const sameAddresses = rows.filter((row) => sameAddress(wanted, row));
        requireFree(sameAddresses, tenant, `address ${wanted.address}`, "reservation");
    }
}

function byAddress(one: RouterReservation, other: RouterReservation): number {
    return one.address.localeCompare(other.address, "en", { numeric: true });
}
