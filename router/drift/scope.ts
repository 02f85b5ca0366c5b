import type { DriftRow } from "../../report/drift";
import { liesIn, networkOf } from "../../substrate/network";
import { carrierOf, carrierOfVlan, deviceOf, fieldOf, vlanRow, type FoundRow } from "../found";
import type { RouterReservation } from "../recordTypes";
import { pair } from "../../substrate/pair";
import { driftRow, fieldRows, isStrict, MENU, settleByWriter, settleRecord, type Field, type RouterView } from "./view";

/** The tenant's VLAN: its device, and the interface that a person assigned it to. */
export function vlanRows(view: RouterView): DriftRow[] {
    const { tag, parent, gatewayCidr } = view.records.vlan;
    const device = vlanRow(view.found, parent, tag);
    if (device === undefined) {
        const other = view.found.vlans.find((row) => fieldOf(row, "tag") === String(tag));
        const found = other === undefined ? {} : { found: `on ${fieldOf(other, "if")}` };
        const settle = settleByWriter(view.substrate);
        return [driftRow(view, `VLAN ${tag}`, { declared: `on ${parent}`, ...found, settle })];
    }
    const carrier = carrierOf(view.found, device);
    const found =
        carrier === undefined
            ? "not assigned"
            : carrier.enabled
              ? carrier.address || "no address"
              : `${carrier.identifier}, not enabled`;
    const settle = `by hand, on the router: ${MENU.assignment}`;
    return fieldRows(view, `VLAN ${tag}`, [[`interface of ${deviceOf(device)}`, gatewayCidr, found]], settle);
}

/** The tenant's Kea subnet with its options and reservations, and whether Kea serves the VLAN's interface. */
export function scopeRows(view: RouterView): DriftRow[] {
    const { dhcp, vlan } = view.records;
    const what = `DHCP scope ${dhcp.subnet}`;
    const subnet = view.found.subnets.find((row) => fieldOf(row, "subnet") === dhcp.subnet);
    if (subnet === undefined) {
        const declared = `pool ${dhcp.poolStart}-${dhcp.poolEnd}`;
        return [driftRow(view, what, { declared, settle: settleByWriter(view.substrate) })];
    }
    const carrier = carrierOfVlan(view.found, vlan.parent, vlan.tag);
    const idle = carrier !== undefined && !view.found.served.includes(carrier.identifier);
    const settle = settleRecord(view, subnet, MENU.dhcp);
    return [
        ...fieldRows(view, what, subnetFields(view, subnet), settle),
        ...fieldRows(view, what, [["served by Kea", "yes", idle ? "no" : "yes"]], settleByWriter(view.substrate)),
        ...reservationRows(view, subnet),
    ];
}

function subnetFields(view: RouterView, row: FoundRow): Field[] {
    const { poolStart, poolEnd, gateway, resolver, ntpServer, searchDomain, description } = view.records.dhcp;
    const pool = fieldOf(row, "pools")
        .replace(/\s*-\s*/g, "-")
        .trim();
    const option = (name: string) => fieldOf(row, `option_data.${name}`);
    const strict: Field[] = [
        ["domain", searchDomain, option("domain_name")],
        ["collects its options", "0", fieldOf(row, "option_data_autocollect")],
        ["description", description, fieldOf(row, "description")],
    ];
    return [
        ["pool", `${poolStart}-${poolEnd}`, pool],
        ["gateway", gateway, option("routers")],
        ["resolver", resolver, option("domain_name_servers")],
        ["NTP server", ntpServer, option("ntp_servers")],
        ["search domain", searchDomain, option("domain_search")],
        // Clones of one template have one client-id, and would share a lease (opnsense/core#7435).
        ["match-client-id", "0", fieldOf(row, "match-client-id")],
        ...(isStrict(view) ? strict : []),
    ];
}

/** Reservations that are missing or differ, and those in the tenant's subnet that no file has. */
function reservationRows(view: RouterView, subnet: FoundRow): DriftRow[] {
    const { reservations } = view.records.dhcp;
    const concerned = view.found.reservations.filter((row) => isInside(row, subnet) || isDeclared(row, reservations));
    const { rows: paired, free } = pair(reservations, concerned, [sameInBoth, sameMac, sameAddress]);
    const declared = reservations.flatMap((wanted) => reservationRow(view, wanted, paired.get(wanted), subnet));
    const extra = [...free].map((row) => {
        const found = `${macOf(row)} ${fieldOf(row, "description")}`.trim();
        const settle = settleRecord(view, row, MENU.dhcp);
        return driftRow(view, `reservation ${fieldOf(row, "ip_address")}`, { found, settle });
    });
    return [...declared, ...extra];
}

function reservationRow(
    view: RouterView,
    wanted: RouterReservation,
    row: FoundRow | undefined,
    subnet: FoundRow,
): DriftRow[] {
    const { address, hostname, mac, description } = wanted;
    const what = `reservation ${address} (${hostname})`;
    if (row === undefined) {
        return [driftRow(view, what, { declared: mac, settle: settleByWriter(view.substrate) })];
    }
    const strict: Field[] = [
        ["hostname", hostname, fieldOf(row, "hostname")],
        ["description", description, fieldOf(row, "description")],
    ];
    const fields: Field[] = [
        ["MAC", mac, macOf(row)],
        ["address", address, fieldOf(row, "ip_address")],
        ["subnet", fieldOf(subnet, "subnet"), subnetOf(view, row)],
        ...(isStrict(view) ? strict : []),
    ];
    return fieldRows(view, what, fields, settleRecord(view, row, MENU.dhcp));
}

function isInside(row: FoundRow, subnet: FoundRow): boolean {
    const range = networkOf(fieldOf(subnet, "subnet"));
    return row["subnet"] === subnet.uuid || liesIn(`${fieldOf(row, "ip_address")}/32`, [range]);
}

/** CIDR of the subnet that a reservation belongs to. */
function subnetOf({ found }: RouterView, row: FoundRow): string {
    return fieldOf(found.subnets.find(({ uuid }) => uuid === row["subnet"]) ?? row, "subnet");
}

function isDeclared(row: FoundRow, reservations: readonly RouterReservation[]): boolean {
    return reservations.some((wanted) => sameMac(wanted, row));
}

function sameInBoth(wanted: RouterReservation, row: FoundRow): boolean {
    return sameMac(wanted, row) && sameAddress(wanted, row);
}

function sameMac({ mac }: RouterReservation, row: FoundRow): boolean {
    return macOf(row) === mac;
}

function sameAddress({ address }: RouterReservation, row: FoundRow): boolean {
    return fieldOf(row, "ip_address") === address;
}

function macOf(row: FoundRow): string {
    return fieldOf(row, "hw_address").toLowerCase();
}
