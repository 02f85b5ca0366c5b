import type { RouterDhcp, RouterReservation } from "../recordTypes";
import type { Row, RouterClient } from "../client";
import { isServed, serve, stopServing } from "./keaInterfaces";
import type { Kept, Kind, Target } from "../kind";
import { isTenants } from "../../substrate/recordOwnership";
import { changedByHand, requireFree, tenantsRows, text } from "../ownership";
import type { Writer } from "../queue";
import { removeReservations, reservationRecord, writeReservations } from "./reservations";

export type DhcpInputs = Target &
    RouterDhcp & {
        /** Identifier of the interface that Kea must serve, such as opt8. */
        readonly interface: string;
    };

export interface DhcpState extends Kept {
    /** Identifier of the interface that Kea serves because we told it to; empty where it did so already. */
    served: string;
}

const DHCP = "kea/dhcpv4";

/** As every subnet of ours has it: options are ours, and clients are known by MAC (opnsense/core#7435). */
const FIXED: Readonly<Record<string, string>> = {
    option_data_autocollect: "0",
    "match-client-id": "0",
};

/** A Kea subnet with its options and reservations, on an interface that Kea serves. */
export const dhcpKind: Kind<DhcpInputs, DhcpState> = {
    name: "dhcp",
    identity: ["tenant", "subnet"],
    id: ({ subnet }) => subnet,
    descriptions: ({ description, reservations }) => [description, ...reservations.map((one) => one.description)],
    emptyState: () => ({ uuids: {}, unapplied: [], served: "" }),
    services: () => ["kea"],

    async read(client, inputs, state) {
        const subnet = await findSubnet(client, inputs);
        if (subnet === undefined || !isTenants(subnet["description"], inputs.tenant)) {
            return undefined;
        }
        const rows = (await reservationRows(client, inputs)).filter((row) => row["subnet"] === subnet.uuid);
        const served = await isServed(client, inputs.interface);
        return {
            inputs: {
                ...inputs,
                ...subnetRecord(subnet),
                interface: served ? inputs.interface : "",
                reservations: rows.map(reservationRecord).sort(byAddress),
            },
            state: { ...state, uuids: uuidsOf(subnet, rows) },
        };
    },

    async write(writer, inputs, state) {
        const subnet = await findSubnet(writer.client, inputs);
        if (subnet !== undefined) {
            requireFree([subnet], inputs.tenant, `subnet ${inputs.subnet}`, "Kea subnet");
            state.uuids[subnet.uuid] = inputs.subnet;
        }
        const rows = await writer.client.search(`${DHCP}/search_reservation`);
        requireReservable(rows, inputs);
        const uuid = await writeSubnet(writer, inputs, subnet);
        state.uuids[uuid] = inputs.subnet;
        await writeReservations(writer, uuid, inputs, tenantsRows(rows, inputs.tenant), state);
        await serveInterface(writer, inputs.interface, state);
    },

    async remove(writer, inputs, state) {
        // The subnet goes last: while it is there, a teardown that was broken off is not over.
        if (state.served !== "") {
            await stopServing(writer, state.served);
        }
        const subnet = await findSubnet(writer.client, inputs);
        if (subnet !== undefined && isTenants(subnet["description"], inputs.tenant)) {
            const rows = await writer.client.search(`${DHCP}/search_reservation`);
            const inside = rows.filter((row) => row["subnet"] === subnet.uuid);
            requireFree(inside, inputs.tenant, `subnet ${inputs.subnet} cannot be deleted: it`, "reservation");
            await removeReservations(writer, inside);
            writer.dirty("kea");
            await writer.client.delete(`${DHCP}/del_subnet/${subnet.uuid}`, text(subnet, "description"));
        }
        return undefined;
    },
};

/** Makes Kea serve the interface, and no longer one that it served for us before. */
async function serveInterface(writer: Writer, name: string, state: DhcpState): Promise<void> {
    if (state.served !== "" && state.served !== name) {
        await stopServing(writer, state.served);
        state.served = "";
    }
    if (!(await isServed(writer.client, name))) {
        // Noted first: an answer that never comes may mean that it was done.
        state.served = name;
        await serve(writer, name);
    }
}

async function findSubnet(client: RouterClient, { subnet }: DhcpInputs): Promise<Row | undefined> {
    const rows = await client.search(`${DHCP}/search_subnet`);
    return rows.find((row) => text(row, "subnet") === subnet);
}

async function reservationRows(client: RouterClient, { tenant }: DhcpInputs): Promise<Row[]> {
    return tenantsRows(await client.search(`${DHCP}/search_reservation`), tenant);
}

function uuidsOf(subnet: Row, reservations: readonly Row[]): Record<string, string> {
    return Object.fromEntries([
        [subnet.uuid, text(subnet, "subnet")],
        ...reservations.map((row) => [row.uuid, text(row, "ip_address")] as const),
    ]);
}

/** @throws ConflictError where somebody else reserves one of the MACs or addresses. */
function requireReservable(rows: readonly Row[], { tenant, reservations }: DhcpInputs): void {
    for (const { mac, address } of reservations) {
        const sameMac = rows.filter((row) => text(row, "hw_address").toLowerCase() === mac.toLowerCase());
        requireFree(sameMac, tenant, `MAC ${mac}`, "reservation");
        const sameAddress = rows.filter((row) => text(row, "ip_address") === address);
        requireFree(sameAddress, tenant, `address ${address}`, "reservation");
    }
}

/** Adds the subnet, or changes what of it differs; gives back its uuid. */
async function writeSubnet(writer: Writer, inputs: DhcpInputs, row: Row | undefined): Promise<string> {
    const fields = subnetFields(inputs);
    if (
        row !== undefined &&
        Object.entries(flat(fields)).every(([name, value]) => samePool(name, text(row, name), value))
    ) {
        return row.uuid;
    }
    writer.dirty("kea");
    if (row !== undefined) {
        await writer.client.set(`${DHCP}/set_subnet/${row.uuid}`, { subnet4: fields });
        return row.uuid;
    }
    return writer.client.add(`${DHCP}/add_subnet`, { subnet4: fields });
}

function subnetFields(inputs: DhcpInputs) {
    return {
        subnet: inputs.subnet,
        pools: `${inputs.poolStart}-${inputs.poolEnd}`,
        description: inputs.description,
        ...FIXED,
        option_data: {
            routers: inputs.gateway,
            domain_name_servers: inputs.resolver,
            ntp_servers: inputs.ntpServer,
            domain_name: inputs.searchDomain,
            domain_search: inputs.searchDomain,
        },
    };
}

/** The fields by the names that a search gives them. */
function flat({ option_data, ...fields }: ReturnType<typeof subnetFields>): Record<string, string> {
    const options = Object.entries(option_data).map(([name, value]) => [`option_data.${name}`, value] as const);
    return { ...fields, ...Object.fromEntries(options) };
}

/** Pools are the same with and without blanks around the dash. */
function samePool(name: string, found: string, wanted: string): boolean {
    return name === "pools" ? found.replace(/\s*-\s*/g, "-").trim() === wanted : found === wanted;
}

/** The subnet's own fields as records have them; a pool that is no single range stands in poolStart as it is. */
function subnetRecord(row: Row) {
    const pools = text(row, "pools").trim();
    const range = /^(\S+?)\s*-\s*(\S+)$/.exec(pools);
    const searchDomain = text(row, "option_data.domain_search");
    return {
        poolStart: range?.[1] ?? pools,
        poolEnd: range?.[2] ?? "",
        gateway: text(row, "option_data.routers"),
        resolver: text(row, "option_data.domain_name_servers"),
        ntpServer: text(row, "option_data.ntp_servers"),
        searchDomain,
        description: text(row, "description"),
        ...changedByHand(row, { ...FIXED, "option_data.domain_name": searchDomain }),
    };
}

function byAddress(one: RouterReservation, other: RouterReservation): number {
    return one.address.localeCompare(other.address, "en", { numeric: true });
}
