/** Every address that the router itself has, in OPNsense's own word, which its API takes as a destination. */
export const ROUTER_ITSELF = "(self)";

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
    /** Position among all rules of the router: VLAN x 1000 + index. */
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
