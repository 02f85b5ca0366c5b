import type { RouterRules } from "../firewall/rules";

/**
 * Records of one tenant on the core router (OPNsense), as plain values: what the components declare, what a Pulumi dynamic
 * provider writes and reads back, and what `tenants router-vars` exports. Every description begins with OWNER_PREFIX and the
 * tenant's name, as in `tenant-hypervisors: grooveiq DNS`: that alone says whose a record is.
 */
export interface RouterRecords {
    readonly vlan: RouterVlan;
    readonly dhcp: RouterDhcp;
    readonly names: RouterNames;
    readonly rules: RouterRules;
}

/** A VLAN device on the router's LAN parent. */
export interface RouterVlan {
    readonly tag: number;
    /** NIC of the router that carries the VLAN, such as re0. */
    readonly parent: string;
    readonly description: string;
    /** Address that the one-time assignment gives the VLAN's interface, such as 10.20.50.1/24. */
    readonly gatewayCidr: string;
}

/** A Kea subnet with its pool, options and reservations; clients are matched by MAC, never by client-id. */
export interface RouterDhcp {
    /** In CIDR form. */
    readonly subnet: string;
    readonly poolStart: string;
    readonly poolEnd: string;
    readonly gateway: string;
    readonly resolver: string;
    readonly ntpServer: string;
    readonly searchDomain: string;
    readonly description: string;
    /** Ordered by address. */
    readonly reservations: readonly RouterReservation[];
}

export interface RouterReservation {
    /** Lower case; the router shows it in upper case. */
    readonly mac: string;
    readonly address: string;
    readonly hostname: string;
    readonly description: string;
}

/** Unbound host overrides, one for each VM whose address is known before it boots, with its aliases. */
export interface RouterNames {
    /** Ordered by hostname. */
    readonly hosts: readonly RouterHost[];
}

export interface RouterHost {
    readonly hostname: string;
    /** Zone of the tenant. */
    readonly domain: string;
    readonly address: string;
    readonly description: string;
    /** Labels in the same zone, ordered. */
    readonly aliases: readonly string[];
}
