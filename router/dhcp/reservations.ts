import { pair } from "../../substrate/pair";
import type { Row } from "../client";
import type { Kept } from "../kind";
import type { Writer } from "../queue";
import type { RouterReservation } from "../recordTypes";
import { remove, save } from "../write";
import { reservationFields, RESERVATIONS, sameAddress, sameInBoth, sameMac } from "./fields";

/**
 * Brings a subnet's reservations to what is declared: only those that the state lists are deleted.
 *
 * @param subnet its uuid.
 * @param rows the tenant's own reservations, in whatever subnet they are.
 */
export async function writeReservations(
    writer: Writer,
    subnet: string,
    reservations: readonly RouterReservation[],
    rows: readonly Row[],
    state: Kept,
): Promise<void> {
    const stays = (wanted: RouterReservation, row: Row) => row["subnet"] === subnet && sameInBoth(wanted, row);
    const { rows: kept, free } = pair(reservations, rows, [stays]);
    // An address that moves to another MAC must be free before it is given again.
    const collides = (row: Row) => reservations.some((wanted) => sameMac(wanted, row) || sameAddress(wanted, row));
    const leaving = [...free].filter((row) => row.uuid in state.uuids || collides(row));
    await remove(writer, RESERVATIONS, leaving);
    leaving.forEach((row) => delete state.uuids[row.uuid]);
    for (const wanted of reservations) {
        const uuid = await save(writer, RESERVATIONS, reservationFields(subnet), wanted, kept.get(wanted));
        state.uuids[uuid] = wanted.address;
    }
}
