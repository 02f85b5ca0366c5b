import { EVERY_ADDRESS, networkOf, parseAddress, type Range } from "../substrate/network";
import { ROUTER_ITSELF, type RouterRule, type RouterRules } from "./rules";
import type { Inbound } from "../substrate/substrate";

/** Protocol of a packet to the filters: `other` stands for every protocol but the three, such as GRE. */
export const PACKET_PROTOCOLS = ["tcp", "udp", "icmp", "other"] as const;

export type PacketProtocol = (typeof PACKET_PROTOCOLS)[number];

/** The first packet of a connection; what comes back belongs to its state. */
export interface Packet {
    readonly protocol: PacketProtocol;
    readonly source: number;
    readonly destination: number;
    /** Destination port of tcp and udp; it means nothing to the others. */
    readonly port: number;
}

/** The router's addresses, as the rules' own words for them stand for. */
export interface RouterAddresses {
    /** Of the interface that the rules are on. */
    readonly gateway: string;
    /** All of them, the gateway included. */
    readonly itself: readonly string[];
}

/** Packets that one rule matches. */
export interface Matcher<R> {
    readonly rule: R;
    readonly protocols: readonly PacketProtocol[];
    readonly source: readonly Range[];
    readonly destination: readonly Range[];
    readonly ports: readonly Range[];
}

export const EVERY_PORT: Range = { first: 0, last: 65_535 };

/** A list of rules of which the first that matches decides, as pf's `quick` rules and PVE's firewall do. */
export class PacketFilter<R> {
    constructor(private readonly matchers: readonly Matcher<R>[]) {}

    /** The rule that decides about a packet; undefined where none matches, which both walls drop. */
    first(packet: Packet): R | undefined {
        return this.matchers.find((matcher) => matches(matcher, packet))?.rule;
    }

    /** Addresses at which some rule begins or ends to match: between two of them all sources are alike. */
    sourceEdges(): number[] {
        return edgesOf(this.matchers.flatMap(({ source }) => source));
    }

    /** The same for destinations. */
    destinationEdges(): number[] {
        return edgesOf(this.matchers.flatMap(({ destination }) => destination));
    }

    /** Ports at which some rule begins or ends to match. */
    portEdges(): number[] {
        return edgesOf(this.matchers.flatMap(({ ports }) => ports));
    }
}

function matches({ protocols, source, destination, ports }: Matcher<unknown>, packet: Packet): boolean {
    const hasPorts = packet.protocol === "tcp" || packet.protocol === "udp";
    return (
        protocols.includes(packet.protocol) &&
        within(packet.source, source) &&
        within(packet.destination, destination) &&
        (!hasPorts || within(packet.port, ports))
    );
}

function within(value: number, ranges: readonly Range[]): boolean {
    return ranges.some(({ first, last }) => first <= value && value <= last);
}

function edgesOf(ranges: readonly Range[]): number[] {
    return [...new Set(ranges.flatMap(({ first, last }) => [first, last + 1]))].sort((a, b) => a - b);
}

/**
 * The router's rules on one interface as a filter of IPv4 packets.
 *
 * @throws RangeError for a rule that names what the router does not have.
 */
export function routerFilter(rules: RouterRules, router: RouterAddresses): PacketFilter<RouterRule> {
    const ordered = rules.rules.filter(({ family }) => family === "inet").sort((a, b) => a.sequence - b.sequence);
    return new PacketFilter(
        ordered.map((rule) => ({
            rule,
            protocols: protocolsOf(rule.protocol),
            source: addressesOf(rule.source, router),
            destination: addressesOf(rule.destination, router),
            ports: rangesOf(rule.ports, "-"),
        })),
    );
}

function addressesOf(word: string, router: RouterAddresses): Range[] {
    switch (word) {
        case "any":
            return [EVERY_ADDRESS];
        case "gateway":
            return [addressOf(router.gateway)];
        case ROUTER_ITSELF:
            return router.itself.map(addressOf);
        default:
            return [networkOf(word)];
    }
}

function addressOf(text: string): Range {
    const address = parseAddress(text)!;
    return { first: address, last: address };
}

/** The protocols that OPNsense's word for them matches; every one beside the three is one to the filters. */
export function protocolsOf(protocol: string): readonly PacketProtocol[] {
    switch (protocol) {
        case "any":
            return PACKET_PROTOCOLS;
        case "TCP/UDP":
            return ["tcp", "udp"];
        case "TCP":
            return ["tcp"];
        case "UDP":
            return ["udp"];
        case "ICMP":
            return ["icmp"];
        default:
            return ["other"];
    }
}

/** PVE's firewall for the VMs of a segment, as a filter; a packet that no rule matches is dropped. */
export function inboundFilter(inbound: readonly Inbound[]): PacketFilter<Inbound> {
    return new PacketFilter(
        inbound.map((rule) => ({
            rule,
            protocols: rule.protocol === undefined ? PACKET_PROTOCOLS : [rule.protocol],
            source: [networkOf(rule.cidr)],
            destination: rule.to === undefined ? [EVERY_ADDRESS] : [addressOf(rule.to.address)],
            ports: rangesOf(rule.ports, ":"),
        })),
    );
}

/** Ports as ranges; missing: every one. */
export function rangesOf(ports: string | undefined, dash: string): Range[] {
    if (ports === undefined) {
        return [EVERY_PORT];
    }
    return ports.split(",").map((range) => {
        const [first, last = first] = range.split(dash).map(Number);
        return { first: first!, last: last! };
    });
}
