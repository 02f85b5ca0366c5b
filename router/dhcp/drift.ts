import { liesIn, networkOf } from "../../substrate/network";
import { pair } from "../../substrate/pair";
import type { Finding } from "../../substrate/findings";
import type { Row } from "../client";
import { fieldFindings, finding, MENU, ofVm, settleRow, type About, type RouterView } from "../drift/view";
import { carrierOfVlan } from "../inventory";
import { text } from "../rows";
import { macOf, reservationFields, sameAddress, sameInBoth, sameMac, subnetFields, subnetRow } from "./fields";

/** Drift of the tenant's Kea subnet with its options and reservations, and of whether Kea serves the VLAN's interface. */
export function scopeFindings(view: RouterView): Finding[] {
    const { dhcp, vlan } = view.records;
    const about: About = { kind: "scope", id: dhcp.subnet };
    const row = subnetRow(view.inventory, dhcp.subnet);
    if (row === undefined) {
        return [finding(view, about, { declared: `${dhcp.poolStart}-${dhcp.poolEnd}` })];
    }
    const carrier = carrierOfVlan(view.inventory, vlan.parent, vlan.tag);
    const idle = carrier !== undefined && !view.inventory.served.includes(carrier.identifier);
    return [
        ...fieldFindings(view, about, { fields: subnetFields, record: dhcp, row, menu: MENU.dhcp }),
        ...(idle ? [finding(view, about, { field: "served by Kea", declared: true, found: false })] : []),
        ...reservationFindings(view, row),
    ];
}

/** Reservations that are missing or differ, and those in the tenant's subnet that no file has. */
function reservationFindings(view: RouterView, subnet: Row): Finding[] {
    const { reservations } = view.records.dhcp;
    const { subnets, reservations: rows } = view.inventory;
    const range = networkOf(text(subnet, "subnet"));
    const isInside = (row: Row) => row["subnet"] === subnet.uuid || liesIn(`${text(row, "ip_address")}/32`, [range]);
    const concerned = rows.filter((row) => isInside(row) || reservations.some((wanted) => sameMac(wanted, row)));
    const { rows: paired, free } = pair(reservations, concerned, [sameInBoth, sameMac, sameAddress]);
    const cidrOf = (uuid: string) => text(subnets.find((row) => row.uuid === uuid) ?? { subnet: uuid }, "subnet");
    const fields = reservationFields(subnet.uuid, cidrOf);
    const declared = reservations.flatMap((record) => {
        const about = ofVm(view, "reservation", record.address, record.hostname);
        const row = paired.get(record);
        return row === undefined
            ? [finding(view, about, { declared: record.mac })]
            : fieldFindings(view, about, { fields, record, row, menu: MENU.dhcp });
    });
    const extra = [...free].map((row) => {
        const found = [macOf(row), text(row, "description")];
        const about: About = { kind: "reservation", id: text(row, "ip_address") };
        return finding(view, about, { found, ...settleRow(view, row, MENU.dhcp) });
    });
    return [...declared, ...extra];
}
