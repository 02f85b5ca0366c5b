import { complementOf, enclosingNetwork, EVERY_ADDRESS, parseAddress, type Range } from "../../substrate/network";
import { EVERY_PORT } from "../../firewall/packetFilter";
import { ROUTER_ITSELF } from "../../firewall/rules";
import type { Row } from "../client";
import { addressesOf, type RuleInventory } from "../inventory";
import { text } from "../rows";

/** Kinds of aliases whose addresses stand in them; those of the others are OPNsense's to look up. */
const LISTED = ["host", "network", "networkgroup"];

/** How deep aliases may name aliases. */
const DEPTH = 8;

/** Addresses that a list of words of a rule stands for; undefined where one of them cannot be told. Without a word: every one. */
export function addressesIn(words: string, inventory: RuleInventory): Range[] | undefined {
    return all(words || "any", (word) => rangesOfWord(word, inventory, DEPTH));
}

/** Ports that a list stands for; undefined where one of them cannot be told. */
export function portsIn(words: string, inventory: RuleInventory): Range[] | undefined {
    return portsOf(words, inventory, DEPTH);
}

/** Names of the interfaces that a rule or forward is for; none: it is for all of them. */
export function interfacesOf(row: Row): string[] {
    return text(row, "interface")
        .split(",")
        .filter((name) => name !== "");
}

/**
 * Whether a row is for an interface: by its identifier, by a group that holds it, or, where OPNsense lists a rule that is in no
 * model, by its description (opnsense/core, Firewall/Api/FilterController.php:49, getLegacyFieldMap).
 */
export function isNamed(row: Row, identifier: string, { interfaces, doors }: RuleInventory): boolean {
    const names = new Set(interfacesOf(row));
    const own = interfaces.find((one) => one.identifier === identifier);
    const groups = doors.groups.filter((group) => membersOf(group).includes(identifier));
    return (
        names.has(identifier) ||
        groups.some((group) => names.has(text(group, "ifname"))) ||
        (row["legacy"] === true && own !== undefined && names.has(own.description || identifier.toUpperCase()))
    );
}

/** Identifiers of a group's interfaces. */
export function membersOf(group: Row): string[] {
    return text(group, "members").split(",");
}

/** The ranges of every word of a list; undefined where one of them cannot be told. */
function all(list: string, rangesOf: (word: string) => Range[] | undefined): Range[] | undefined {
    const each = list
        .split(/[\s,]+/)
        .filter((word) => word !== "")
        .map(rangesOf);
    return each.includes(undefined) ? undefined : each.flatMap((ranges) => ranges!);
}

function rangesOfWord(word: string, inventory: RuleInventory, depth: number): Range[] | undefined {
    if (word === "any") {
        return [EVERY_ADDRESS];
    }
    if (word === ROUTER_ITSELF) {
        return addressesOf(inventory).map((address) => single(parseAddress(address)!));
    }
    return ofInterface(word, inventory) ?? ofGroup(word, inventory) ?? literal(word) ?? ofAlias(word, inventory, depth);
}

/** The network of an interface, by its identifier or by OPNsense's own alias of it, or its address. */
function ofInterface(word: string, { interfaces }: RuleInventory): Range[] | undefined {
    const name = /^__(.+)_network$/.exec(word)?.[1] ?? word;
    const own = interfaces.find(({ identifier }) => name === identifier || name === `${identifier}ip`);
    if (own === undefined) {
        return undefined;
    }
    const network = enclosingNetwork(own.address);
    const address = parseAddress(own.address.split("/")[0]!);
    return network === undefined || address === undefined ? [] : [name === own.identifier ? network : single(address)];
}

/** The networks of a group's interfaces. */
function ofGroup(word: string, inventory: RuleInventory): Range[] | undefined {
    const group = inventory.doors.groups.find((one) => text(one, "ifname") === word);
    return group && membersOf(group).flatMap((name) => ofInterface(name, inventory) ?? []);
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

/**
 * Addresses that an alias stands for: its entries, but for those that begin with an exclamation mark. One that is disabled is an
 * empty table, and the rules that name it stay (service/templates/OPNsense/Filter/filter_tables.conf:14).
 */
function ofAlias(name: string, inventory: RuleInventory, depth: number): Range[] | undefined {
    const row = inventory.aliases.find((alias) => text(alias, "name") === name);
    if (row !== undefined && text(row, "enabled") === "0") {
        return [];
    }
    if (row === undefined || !LISTED.includes(text(row, "type")) || depth === 0) {
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

function portsOf(list: string, inventory: RuleInventory, depth: number): Range[] | undefined {
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
