/** Every address that the router itself has, in OPNsense's own word, which its API takes as a destination. */
export const ROUTER_ITSELF = "(self)";

/** The filter rules on the tenant's interface, first match wins. */
export interface RouterRules {
    /** VLAN whose interface carries the rules. */
    readonly vlan: number;
    /** In the order of their sequence. */
    readonly rules: readonly RouterRule[];
}

/** One filter rule, for packets that come in on the tenant's interface. */
export interface RouterRule {
    /** Position among the rules of its interface: VLAN x 1000 + its place in PLACES. */
    readonly sequence: number;
    readonly action: "pass" | "block";
    /** Family of the packets. */
    readonly family: "inet" | "inet6";
    /** As OPNsense writes it. */
    readonly protocol: "any" | "TCP" | "UDP" | "TCP/UDP" | "ICMP";
    /** CIDR, or any. */
    readonly source: string;
    /** CIDR, ROUTER_ITSELF, `gateway` for the tenant interface's own address, or any. */
    readonly destination: string;
    /** One port or a range from-to; missing: any. OPNsense takes one per rule. */
    readonly ports?: string;
    readonly log: boolean;
    /** OWNER_PREFIX, tenant, and what it is for. */
    readonly description: string;
}
