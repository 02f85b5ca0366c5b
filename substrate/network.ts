import { isIPv4 } from "node:net";

/** A run of IPv4 addresses as numbers, both ends included. */
export interface Range {
    readonly first: number;
    readonly last: number;
}

/** Every IPv4 address. */
export const EVERY_ADDRESS: Range = { first: 0, last: 2 ** 32 - 1 };

/** An address as a number; undefined where the text is no dotted IPv4 address. */
export function parseAddress(text: string): number | undefined {
    return isIPv4(text) ? text.split(".").reduce((sum, octet) => sum * 256 + Number(octet), 0) : undefined;
}

/** An address as text, such as 10.20.50.1. */
export function formatAddress(address: number): string {
    return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".");
}

/** The network that a CIDR lies in: its host bits do not count. Undefined where the text is no IPv4 CIDR. */
export function enclosingNetwork(cidr: string): Range | undefined {
    const [, text = "", prefix = ""] = /^([0-9.]+)\/([0-9]{1,2})$/.exec(cidr) ?? [];
    const address = parseAddress(text);
    if (address === undefined || Number(prefix) > 32) {
        return undefined;
    }
    const size = 2 ** (32 - Number(prefix));
    const first = address - (address % size);
    return { first, last: first + size - 1 };
}

/**
 * The addresses of a network of the model's own.
 *
 * @throws RangeError where the text is no IPv4 CIDR; a person's text is checked before it comes here.
 */
export function networkOf(cidr: string): Range {
    const network = enclosingNetwork(cidr);
    if (network === undefined) {
        throw new RangeError(`${cidr} is no IPv4 network`);
    }
    return network;
}

export function overlaps(a: Range, b: Range): boolean {
    return a.first <= b.last && b.first <= a.last;
}

/** Whether the first holds every address of the second. */
export function covers(outer: Range, inner: Range): boolean {
    return outer.first <= inner.first && inner.last <= outer.last;
}

/** Whether one of some ranges holds all of a CIDR; false for a text that is none. */
export function liesIn(cidr: string, ranges: readonly Range[]): boolean {
    const network = enclosingNetwork(cidr);
    return network !== undefined && ranges.some((range) => covers(range, network));
}

/** Complement of some ordered ranges within all addresses, in order. */
export function complementOf(ranges: readonly Range[]): Range[] {
    const left: Range[] = [];
    let next = 0;
    for (const { first, last } of [...ranges].sort((a, b) => a.first - b.first)) {
        if (first > next) {
            left.push({ first: next, last: first - 1 });
        }
        next = Math.max(next, last + 1);
    }
    return next > EVERY_ADDRESS.last ? left : [...left, { first: next, last: EVERY_ADDRESS.last }];
}
