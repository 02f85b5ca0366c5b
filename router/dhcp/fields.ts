import type { Row } from "../client";
import { fixedField, textField, type Field, type Section } from "../fields";
import type { RouterInventory } from "../inventory";
import type { RouterDhcp, RouterReservation } from "../recordTypes";
import { text } from "../rows";

export const SUBNETS: Section = {
    service: "kea",
    record: "subnet4",
    endpoint: (verb) => `kea/dhcpv4/${verb}_subnet`,
};
export const RESERVATIONS: Section = {
    service: "kea",
    record: "reservation",
    endpoint: (verb) => `kea/dhcpv4/${verb}_reservation`,
};

/** A Kea subnet, but for its reservations. */
export const subnetFields: readonly Field<RouterDhcp>[] = [
    textField("subnet", "subnet"),
    {
        field: "pools",
        name: "pool",
        declared: ({ poolStart, poolEnd }) => `${poolStart}-${poolEnd}`,
        normalise: (pools) => pools.replace(/\s*-\s*/g, "-").trim(),
        read: poolOf,
    },
    textField("gateway", "option_data.routers", { name: "gateway" }),
    textField("resolver", "option_data.domain_name_servers", { name: "resolver" }),
    textField("ntpServer", "option_data.ntp_servers", { name: "NTP server" }),
    textField("searchDomain", "option_data.domain_search", { name: "search domain" }),
    // Clones of one template have one client-id, and would share a lease: clients are known by MAC (opnsense/core#7435).
    fixedField("match-client-id", "0"),
    { field: "option_data.domain_name", name: "domain", declared: ({ searchDomain }) => searchDomain, strict: true },
    fixedField("option_data_autocollect", "0", { name: "collects its options", strict: true }),
    textField("description", "description", { strict: true }),
];

/** A pool that is no single range stands in poolStart as it is. */
function poolOf(pools: string): Pick<RouterDhcp, "poolStart" | "poolEnd"> {
    const range = /^(\S+?)-(\S+)$/.exec(pools);
    return { poolStart: range?.[1] ?? pools, poolEnd: range?.[2] ?? "" };
}

/**
 * A reservation.
 *
 * @param subnet uuid of the subnet that it is in.
 * @param cidrOf the subnet of a uuid as drift tells of it.
 */
export function reservationFields(subnet: string, cidrOf = (uuid: string) => uuid): Field<RouterReservation>[] {
    return [
        {
            ...textField("mac", "hw_address", { name: "MAC" }),
            // As the site's own role writes it, which compares in upper case.
            declared: ({ mac }) => mac.toUpperCase(),
            normalise: (mac) => mac.toLowerCase(),
        },
        textField("address", "ip_address", { name: "address" }),
        fixedField("subnet", subnet, { normalise: cidrOf }),
        textField("hostname", "hostname", { strict: true }),
        textField("description", "description", { strict: true }),
    ];
}

/** MAC of a reservation as records have it, whatever case the router shows. */
export function macOf(row: object): string {
    return text(row, "hw_address").toLowerCase();
}

export function sameInBoth(wanted: RouterReservation, row: Row): boolean {
    return sameMac(wanted, row) && sameAddress(wanted, row);
}

export function sameMac({ mac }: RouterReservation, row: Row): boolean {
    return macOf(row) === mac.toLowerCase();
}

export function sameAddress({ address }: RouterReservation, row: Row): boolean {
    return text(row, "ip_address") === address;
}

/** The row of a subnet in CIDR form, whoever made it. */
export function subnetRow({ subnets }: Pick<RouterInventory, "subnets">, cidr: string): Row | undefined {
    return subnets.find((row) => text(row, "subnet") === cidr);
}
