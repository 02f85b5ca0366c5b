import type { RouterReservation } from "../recordTypes";
import type { Row } from "../client";
import type { Kept } from "../kind";
import { text } from "../ownership";
import type { Writer } from "../queue";

const DHCP = "kea/dhcpv4";

/** A reservation as records have it: the MAC in lower case, whatever case the router shows. */
export function reservationRecord(row: Row): RouterReservation {
    return {
        mac: text(row, "hw_address").toLowerCase(),
        address: text(row, "ip_address"),
        hostname: text(row, "hostname"),
        description: text(row, "description"),
    };
}

/**
 * Brings a subnet's reservations to what is declared: only those that the state lists are deleted.
 *
 * @param rows the tenant's own reservations, in whatever subnet they are.
 */
export async function writeReservations(
    writer: Writer,
    subnet: string,
    { reservations }: { readonly reservations: readonly RouterReservation[] },
    rows: readonly Row[],
    state: Kept,
): Promise<void> {
    const kept = rows.filter((row) => reservations.some((wanted) => staysAs(row, wanted, subnet)));
    // An address that moves to another MAC must be free before it is given again.
    const leaving = rows.filter(
        (row) =>
            !kept.includes(row) && (row.uuid in state.uuids || reservations.some((wanted) => collides(row, wanted))),
    );
    await removeReservations(writer, leaving);
    leaving.forEach((row) => delete state.uuids[row.uuid]);
    for (const wanted of reservations) {
        const row = kept.find((one) => staysAs(one, wanted, subnet));
        const uuid = await writeReservation(writer, subnet, wanted, row);
        state.uuids[uuid] = wanted.address;
    }
}

export async function removeReservations(writer: Writer, rows: readonly Row[]): Promise<void> {
    for (const row of rows) {
        writer.dirty("kea");
        await writer.client.delete(`${DHCP}/del_reservation/${row.uuid}`, text(row, "description"));
    }
}

/** Whether a reservation is the wanted one but for its names. */
function staysAs(row: Row, wanted: RouterReservation, subnet: string): boolean {
    const found = reservationRecord(row);
    return row["subnet"] === subnet && found.mac === wanted.mac && found.address === wanted.address;
}

function collides(row: Row, wanted: RouterReservation): boolean {
    const found = reservationRecord(row);
    return found.mac === wanted.mac || found.address === wanted.address;
}

async function writeReservation(
    writer: Writer,
    subnet: string,
    wanted: RouterReservation,
    row: Row | undefined,
): Promise<string> {
    const found = row && reservationRecord(row);
    if (row !== undefined && found?.hostname === wanted.hostname && found.description === wanted.description) {
        return row.uuid;
    }
    writer.dirty("kea");
    const reservation = {
        subnet,
        // As the lab's own role writes it, which compares in upper case.
        hw_address: wanted.mac.toUpperCase(),
        ip_address: wanted.address,
        hostname: wanted.hostname,
        description: wanted.description,
    };
    if (row !== undefined) {
        await writer.client.set(`${DHCP}/set_reservation/${row.uuid}`, { reservation });
        return row.uuid;
    }
    return writer.client.add(`${DHCP}/add_reservation`, { reservation });
}
