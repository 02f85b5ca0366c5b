import { formatAddress, type Range } from "../substrate/network";
import { PACKET_PROTOCOLS, type Packet, type PacketFilter, type PacketProtocol } from "./packetFilter";

/** One thing that a wall, or two of them, let through. */
export interface Opening {
    readonly protocol: Exclude<PacketProtocol, "other"> | "any" | "other";
    /** Ports as 443 or 8000-8010; missing: any. */
    readonly ports?: string;
    /** Which addresses of the destination, where it is not all of them. */
    readonly part?: readonly string[];
    /** Description of the router's rule, or comment of PVE's where the router is not on the way. */
    readonly rule: string;
    /** Comment of PVE's rule at the destination, where the router's is not the only wall. */
    readonly inbound?: string;
}

/** An opening in words, as `tcp 443 of 10.20.99.95`. */
export function openingText({ protocol, ports, part }: Opening): string {
    const what = ports === undefined ? protocol : `${protocol} ${ports}`;
    return part === undefined ? what : `${what} of ${part.join(", ")}`;
}

/** Who let a packet through; undefined where it is dropped. */
export type Decide = (packet: Packet) => Pick<Opening, "rule" | "inbound"> | undefined;

/** Openings from an address to some addresses. */
export interface Path {
    readonly source: number;
    readonly destination: readonly Range[];
    readonly decide: Decide;
    /** Every filter that decides: they tell where a decision can change. */
    readonly filters: readonly PacketFilter<unknown>[];
}

const LAST_PORT = 65_535;

/**
 * Everything that is let through on a path. It is exact: the addresses and ports are cut where any rule begins or ends
 * to match, so that one packet stands for all of its piece.
 */
export function openingsOf(path: Path): Opening[] {
    const edges = path.filters.flatMap((filter) => filter.destinationEdges());
    const groups = new Map<string, { openings: Opening[]; part: Range[] }>();
    const pieces = path.destination.flatMap((range) => cut(range, edges));
    for (const piece of pieces) {
        const openings = collapse(PACKET_PROTOCOLS.flatMap((protocol) => portsOpen(path, piece.first, protocol)));
        const key = JSON.stringify(openings);
        const group = groups.get(key) ?? { openings, part: [] };
        group.part.push(piece);
        groups.set(key, group);
    }
    return [...groups.values()].flatMap(({ openings, part }) =>
        openings.map((opening) => ({ ...opening, ...(part.length < pieces.length && { part: formatRanges(part) }) })),
    );
}

/** Cuts a range before each edge in it. */
export function cut({ first, last }: Range, edges: readonly number[]): Range[] {
    const starts = [...new Set([first, ...edges.filter((edge) => edge > first && edge <= last)])].sort((a, b) => a - b);
    return starts.map((start, i) => ({ first: start, last: (starts[i + 1] ?? last + 1) - 1 }));
}

/** Ports open to one address by one protocol, those that one rule opens put together. */
function portsOpen({ source, decide, filters }: Path, destination: number, protocol: PacketProtocol): Opening[] {
    const every = { first: 0, last: LAST_PORT };
    const hasPorts = protocol === "tcp" || protocol === "udp";
    const edges = hasPorts ? filters.flatMap((filter) => filter.portEdges()) : [];
    const runs: { by: NonNullable<ReturnType<Decide>>; ports: Range }[] = [];
    for (const ports of cut(every, edges)) {
        const by = decide({ protocol, source, destination, port: ports.first });
        const run = runs.at(-1);
        if (run !== undefined && run.ports.last === ports.first - 1 && same(run.by, by)) {
            run.ports = { first: run.ports.first, last: ports.last };
        } else if (by !== undefined) {
            runs.push({ by, ports });
        }
    }
    return runs.map(({ by, ports }) => ({ protocol, ...(isEvery(ports) ? {} : { ports: formatPorts(ports) }), ...by }));
}

function same(a: ReturnType<Decide>, b: ReturnType<Decide>): boolean {
    return a?.rule === b?.rule && a?.inbound === b?.inbound;
}

/** Four protocols that one rule opens with every port are `any`. */
function collapse(openings: readonly Opening[]): Opening[] {
    const [first] = openings;
    const any = openings.length === PACKET_PROTOCOLS.length && openings.every((o) => !o.ports && same(o, first));
    return any ? [{ ...first!, protocol: "any" }] : [...openings];
}

function isEvery({ first, last }: Range): boolean {
    return first === 0 && last === LAST_PORT;
}

function formatPorts({ first, last }: Range): string {
    return first === last ? String(first) : `${first}-${last}`;
}

/** Ranges as people write them, neighbours put together: an address, a network, or first-last. */
export function formatRanges(ranges: readonly Range[]): string[] {
    const joined: Range[] = [];
    for (const range of ranges) {
        const before = joined.at(-1);
        if (before?.last === range.first - 1) {
            joined[joined.length - 1] = { first: before.first, last: range.last };
        } else {
            joined.push(range);
        }
    }
    return joined.map(formatRange);
}

function formatRange({ first, last }: Range): string {
    const size = last - first + 1;
    const bits = Math.log2(size);
    if (size === 1) {
        return formatAddress(first);
    }
    return Number.isInteger(bits) && first % size === 0
        ? `${formatAddress(first)}/${32 - bits}`
        : `${formatAddress(first)}-${formatAddress(last)}`;
}
