import { cut, formatRanges, openingsOf, type Opening } from "./openings";
import { networkOf, type Range } from "../substrate/network";
import { PACKET_PROTOCOLS, type Packet, type PacketFilter, type RouterAddresses } from "./packetFilter";
import { placesOf } from "./reachability";
import type { Substrate, Tenant } from "../substrate/substrate";

/** Two or more sets of rules on a tenant's interface, to be compared packet by packet. */
export interface WallView {
    readonly substrate: Substrate;
    readonly tenant: Tenant;
    readonly router: RouterAddresses;
    /** All of them: they tell where a decision can change. */
    readonly filters: readonly PacketFilter<unknown>[];
}

/** Characters that the addresses of a part may take. */
const PART = 40;

/** Key of the rule to blame for a packet's fate; undefined where the sets agree about it. */
export type Judge = (packet: Packet) => string | undefined;

/**
 * Every packet of a tenant that a judge blames something for, in words by what is to blame, such as
 * `tcp 22 to management (10.20.99.95) from 10.20.50.10`. Exact, since one packet stands for each piece of addresses and
 * ports in which no rule begins or ends to match; the words leave out what a table has no room for.
 */
export function wallDifference(view: WallView, judge: Judge): ReadonlyMap<string, string> {
    const whole = networkOf(view.tenant.segment.subnet.cidr);
    const sources = cut(
        whole,
        view.filters.flatMap((filter) => filter.sourceEdges()),
    );
    const blamed = new Map<string, Map<string, Range[]>>();
    for (const source of sources) {
        for (const [key, what] of fromSource(view, source.first, judge)) {
            const pieces = blamed.get(key) ?? new Map<string, Range[]>();
            blamed.set(key, pieces.set(what, [...(pieces.get(what) ?? []), source]));
        }
    }
    const from = (pieces: readonly Range[]) =>
        pieces.length === sources.length ? "" : ` from ${formatRanges(pieces).join(", ")}`;
    const inWords = (what: ReadonlyMap<string, readonly Range[]>) =>
        [...what].map(([text, pieces]) => text + from(pieces)).join("; ");
    return new Map([...blamed].map(([key, what]) => [key, inWords(what)]));
}

function fromSource(view: WallView, source: number, judge: Judge): Map<string, string> {
    const byKey = new Map<string, Map<string, string[]>>();
    const decide = (packet: Packet) => {
        const rule = judge(packet);
        return rule === undefined ? undefined : { rule };
    };
    for (const [place, destination] of placesOf(view.substrate, view.router)) {
        // What one of a segment reaches of the same segment does not pass the router.
        const openings =
            place === view.tenant.name ? [] : openingsOf({ source, destination, decide, filters: view.filters });
        for (const key of new Set(openings.map(({ rule }) => rule))) {
            const own = openings.filter(({ rule }) => rule === key);
            const places = byKey.get(key) ?? new Map<string, string[]>();
            const what = traffic(own);
            byKey.set(key, places.set(what, [...(places.get(what) ?? []), place + part(own)]));
        }
    }
    const inWords = (places: ReadonlyMap<string, readonly string[]>) =>
        [...places].map(([what, to]) => `${what} to ${to.join(", ")}`).join("; ");
    return new Map([...byKey].map(([key, places]) => [key, inWords(places)]));
}

/** Protocols, and their ports where it is one port or range of one protocol: a table has no room for more. */
function traffic(openings: readonly Opening[]): string {
    const protocols = [...new Set(openings.map(({ protocol }) => protocol))];
    const ports = new Set(openings.map((opening) => opening.ports));
    const [only] = ports;
    const what = protocols.length > PACKET_PROTOCOLS.length - 1 ? "any" : protocols.join(", ");
    return protocols.length === 1 && ports.size === 1 && only !== undefined ? `${what} ${only}` : what;
}

/** Which addresses of a place, where it is not all of them: by name where they are few. */
function part(openings: readonly Opening[]): string {
    const parts = new Set(openings.map((opening) => opening.part?.join(", ")));
    const [only] = parts;
    if (only === undefined && parts.size === 1) {
        return "";
    }
    return only !== undefined && parts.size === 1 && only.length <= PART ? ` (${only})` : " (in part)";
}
