import { complementOf, type Range } from "../../substrate/network";
import { PacketFilter, protocolsOf, type Matcher } from "../../firewall/packetFilter";
import type { Row } from "../client";
import type { RuleInventory } from "../inventory";
import { isSet, text } from "../rows";
import { addressesIn, interfacesOf, isNamed, portsIn } from "./words";

/** The rules that decide about what comes in on one interface. */
export interface InterfaceFilter {
    readonly filter: PacketFilter<Row>;
    /** Rules that let something through of which nobody here can tell what it is, such as one for a country's addresses. */
    readonly undecided: readonly Row[];
}

/**
 * A router's rules as they are, whoever wrote them, as pf evaluates them: those for several interfaces or for all of them
 * ("floating") come before those of interface groups, and these before an interface's own, each kind by its sequence; of the
 * rules that are not quick the last that matches decides, where no quick one does (opnsense/core 26.7.2,
 * Firewall/FieldTypes/FilterRuleField.php:123, and the documentation of Firewall > Rules).
 *
 * Where a rule can be told in part only, it counts as what opens more: one that passes at some hours passes, one that
 * blocks at some hours does not block.
 */
export function interfaceFilter(inventory: RuleInventory, identifier: string): InterfaceFilter {
    const place = (row: Row) => placeOf(row, inventory);
    const relevant = inventory.rules
        .filter((row) => applies(row, identifier, inventory) && isFor(row, "in", "inet"))
        .sort((one, other) => (place(one) < place(other) ? -1 : place(one) > place(other) ? 1 : 0));
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

/** Whether a rule is on an interface, and OPNsense did not make it itself. */
export function applies(row: Row, identifier: string, inventory: RuleInventory): boolean {
    const named = isNamed(row, identifier, inventory);
    const here = interfacesOf(row).length === 0 || named !== isInverted(row);
    return here && text(row, "enabled") !== "0" && !isAutomatic(row);
}

/** Whether a rule is for packets of a direction and an address family; one that names no family is for IPv4. */
export function isFor(row: Row, direction: "in" | "out", family: "inet" | "inet6"): boolean {
    return (
        [direction, "any", ""].includes(text(row, "direction")) &&
        [family, "inet46"].includes(text(row, "ipprotocol") || "inet")
    );
}

function isInverted(row: Row): boolean {
    return isSet(row, "interfacenot");
}

/** Rules of the GUI's old pages count as OPNsense's own where nobody changed them since long ago; their page tells them apart. */
function isAutomatic(row: Row): boolean {
    const own = isSet(row, "is_automatic");
    return own && !/firewall_rules_edit|firewall\/migration/.test(text(row, "ref"));
}

/** A rule's place among all, as a text to be sorted by; rules that are in no model have one that OPNsense says. */
function placeOf(row: Row, { doors }: RuleInventory): string {
    const said = text(row, "sort_order");
    if (row["legacy"] === true && said !== "") {
        return said;
    }
    const [name, ...others] = interfacesOf(row);
    const group = doors.groups.find((one) => text(one, "ifname") === name);
    const floating = name === undefined || others.length > 0 || isInverted(row);
    const priority = floating ? 200_000 : group === undefined ? 400_000 : 300_000 + Number(text(group, "sequence"));
    return `${priority}.0${text(row, "sequence").padStart(6, "0")}`;
}

/** Whether a rule matches less than its addresses, protocol and destination ports say. */
function isPartial(row: Row): boolean {
    return ["source_port", "icmptype", "sched", "tcpflags1", "os"].some((field) => text(row, field) !== "");
}

/** The packets that a rule matches; undefined where it names what cannot be told. */
function matcherOf(row: Row, inventory: RuleInventory): Matcher<Row> | undefined {
    const source = side(row, "source", inventory);
    const destination = side(row, "destination", inventory);
    const ports = portsIn(text(row, "destination_port"), inventory);
    // Rules that are in no model have their protocol in lower case.
    const protocol = text(row, "protocol").toUpperCase();
    const protocols = protocolsOf(["", "ANY"].includes(protocol) ? "any" : protocol);
    return source === undefined || destination === undefined || ports === undefined
        ? undefined
        : { rule: row, protocols, source, destination, ports };
}

function side(row: Row, name: "source" | "destination", inventory: RuleInventory): Range[] | undefined {
    const ranges = addressesIn(text(row, `${name}_net`), inventory);
    return ranges !== undefined && isSet(row, `${name}_not`) ? complementOf(ranges) : ranges;
}
