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

/** Every address that the router itself has, in OPNsense's own word, which its API takes as a destination. */
export const ROUTER_ITSELF = "(self)";

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

/** The filter rules on the tenant's interface, first match wins, and the alias that they use. */
export interface RouterRules {
    /** VLAN whose interface carries the rules. */
    readonly vlan: number;
    /** Everything that is not the internet; a tenant has its own, so that none depends on another's. */
    readonly privateNetworks: RouterAlias;
    /** In the order of their sequence. */
    readonly rules: readonly RouterRule[];
}

export interface RouterAlias {
    /** At most 31 of letters, digits and underscores, not beginning with a digit (opnsense/core, AliasNameField). */
    readonly name: string;
    /** Networks in CIDR form, ordered. */
    readonly networks: readonly string[];
    readonly description: string;
}

/** One filter rule, for packets that come in on the tenant's interface. */
export interface RouterRule {
    /** Position among all rules of the router: unique, VLAN x 1000 + index. */
    readonly sequence: number;
    readonly action: "pass" | "block";
    /** As OPNsense writes it. */
    readonly protocol: "any" | "TCP" | "UDP" | "TCP/UDP" | "ICMP";
    /** CIDR, or any. */
    readonly source: string;
    /** CIDR, name of an alias, ROUTER_ITSELF, `gateway` for the tenant interface's own address, or any. */
    readonly destination: string;
    /** True for everything but the destination. */
    readonly destinationNot: boolean;
    /** One port or a range from-to; missing: any. OPNsense takes one per rule. */
    readonly ports?: string;
    readonly log: boolean;
    /** OWNER_PREFIX, tenant, and what it is for. */
    readonly description: string;
}
