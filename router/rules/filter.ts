import { complementOf, enclosingNetwork, EVERY_ADDRESS, parseAddress, type Range } from "../../substrate/network";
import { EVERY_PORT, PacketFilter, protocolsOf, type Matcher } from "../../firewall/packetFilter";
import { ROUTER_ITSELF } from "../../firewall/rules";
import type { Row } from "../client";
import { addressesOf, type RouterInventory } from "../inventory";
import { text } from "../rows";

/** The rules that decide about what comes in on one interface. */
export interface InterfaceFilter {
    readonly filter: PacketFilter<Row>;
    /** Rules that let something through of which nobody here can tell what it is, such as one for a country's addresses. */
    readonly undecided: readonly Row[];
}

/** Kinds of aliases whose addresses stand in them; those of the others are OPNsense's to look up. */
const LISTED = ["host", "network", "networkgroup"];

/** How deep aliases may name aliases. */
const DEPTH = 8;

/**
 * A router's rules as they are, whoever wrote them, as pf evaluates them: those for several interfaces or for all of them
 * ("floating") come before an interface's own, each kind by its sequence; of the rules that are not quick the last that
 * matches decides, where no quick one does (opnsense/core, FilterRule and the documentation of Firewall > Rules).
 *
 * Where a rule can be told in part only, it counts as what opens more: one that passes at some hours passes, one that
 * blocks at some hours does not block.
 */
export function interfaceFilter(inventory: RouterInventory, identifier: string): InterfaceFilter {
    const relevant = inventory.rules.filter((row) => applies(row, identifier)).sort(byPlace);
    const quick = relevant.filter((row) => text(row, "quick") !== "0");
    const last = relevant.filter((row) => text(row, "quick") === "0").reverse();
    const undecided: Row[] = [];
    const matchers = [...quick, ...last].flatMap((row) => {
        const matcher = matcherOf(row, inventory);
        const passes = text(row, "action") === "pass";
        if (matcher === undefined && passes) {
            undecided.push(row);
        }
        return matcher === undefined || (!passes && isPartial(row)) ? [] : [matcher];
    });
    return { filter: new PacketFilter(matchers), undecided };
}

/** Whether a rule is for IPv4 packets that come in on the interface. */
function applies(row: Row, identifier: string): boolean {
    const named = interfacesOf(row).includes(identifier);
    const here = interfacesOf(row).length === 0 || named !== (text(row, "interfacenot") === "1");
    return (
        here &&
        text(row, "enabled") !== "0" &&
        ["in", "any", ""].includes(text(row, "direction")) &&
        ["inet", "inet46", ""].includes(text(row, "ipprotocol")) &&
        !["1", "true"].includes(text(row, "is_automatic"))
    );
}

function interfacesOf(row: Row): string[] {
    return text(row, "interface")
        .split(",")
        .filter((name) => name !== "");
}

function byPlace(one: Row, other: Row): number {
    const floats = (row: Row) => (interfacesOf(row).length === 1 && text(row, "interfacenot") !== "1" ? 1 : 0);
    return floats(one) - floats(other) || Number(one["sequence"]) - Number(other["sequence"]);
}

/** Whether a rule matches less than its addresses, protocol and destination ports say. */
function isPartial(row: Row): boolean {
    return ["source_port", "icmptype", "sched", "tcpflags1", "os"].some((field) => text(row, field) !== "");
}

/** The packets that a rule matches; undefined where it names what cannot be told. */
function matcherOf(row: Row, inventory: RouterInventory): Matcher<Row> | undefined {
    const source = side(row, "source", inventory);
    const destination = side(row, "destination", inventory);
    const ports = portsOf(text(row, "destination_port"), inventory, DEPTH);
    return source === undefined || destination === undefined || ports === undefined
        ? undefined
        : { rule: row, protocols: protocolsOf(text(row, "protocol") || "any"), source, destination, ports };
}

function side(row: Row, name: "source" | "destination", inventory: RouterInventory): Range[] | undefined {
    const ranges = all(text(row, `${name}_net`) || "any", (word) => rangesOfWord(word, inventory, DEPTH));
    return ranges !== undefined && text(row, `${name}_not`) === "1" ? complementOf(ranges) : ranges;
}

/** The ranges of every word of a list; undefined where one of them cannot be told. */
function all(list: string, rangesOf: (word: string) => Range[] | undefined): Range[] | undefined {
    const each = list
        .split(/[\s,]+/)
        .filter((word) => word !== "")
        .map(rangesOf);
    return each.includes(undefined) ? undefined : each.flatMap((ranges) => ranges!);
}

function rangesOfWord(word: string, inventory: RouterInventory, depth: number): Range[] | undefined {
    if (word === "any") {
        return [EVERY_ADDRESS];
    }
    if (word === ROUTER_ITSELF) {
        return addressesOf(inventory).map((address) => single(parseAddress(address)!));
    }
    const own = inventory.interfaces.find(({ identifier }) => word === identifier || word === `${identifier}ip`);
    if (own !== undefined) {
        const network = enclosingNetwork(own.address);
        const address = parseAddress(own.address.split("/")[0]!);
        return network === undefined || address === undefined
            ? []
            : [word === own.identifier ? network : single(address)];
    }
    return literal(word) ?? ofAlias(word, inventory, depth);
}

/** An address, a network, or a range of addresses. */
function literal(word: string): Range[] | undefined {
    const [first, last] = word.split("-").map(parseAddress);
    if (first !== undefined && (last !== undefined || !word.includes("-"))) {
        return [{ first, last: last ?? first }];
    }
    const network = enclosingNetwork(word);
    return network === undefined ? undefined : [network];
}

/** Addresses that an alias stands for: its entries, but for those that begin with an exclamation mark. */
function ofAlias(name: string, inventory: RouterInventory, depth: number): Range[] | undefined {
    const row = inventory.aliases.find((alias) => text(alias, "name") === name);
    if (row === undefined || !LISTED.includes(text(row, "type")) || text(row, "enabled") === "0" || depth === 0) {
        return undefined;
    }
    const entries = text(row, "content")
        .split(/[\n,]/)
        .filter((entry) => entry !== "");
    const of = (words: readonly string[]) => all(words.join(","), (word) => rangesOfWord(word, inventory, depth - 1));
    const [inside, outside] = [
        of(entries.filter((entry) => !entry.startsWith("!"))),
        of(entries.filter((entry) => entry.startsWith("!")).map((entry) => entry.slice(1))),
    ];
    return inside === undefined || outside === undefined
        ? undefined
        : complementOf([...complementOf(inside), ...outside]);
}

function portsOf(list: string, inventory: RouterInventory, depth: number): Range[] | undefined {
    if (list === "" || list === "any") {
        return [EVERY_PORT];
    }
    return all(list, (word) => {
        const [first, last = first] = word.split(/[-:]/).map((port) => (/^\d+$/.test(port) ? Number(port) : undefined));
        if (first !== undefined && last !== undefined) {
            return [{ first, last }];
        }
        const row = inventory.aliases.find((alias) => text(alias, "name") === word && text(alias, "type") === "port");
        return row === undefined || depth === 0
            ? undefined
            : portsOf(text(row, "content").replaceAll("\n", ","), inventory, depth - 1);
    });
}

function single(address: number): Range {
    return { first: address, last: address };
}
