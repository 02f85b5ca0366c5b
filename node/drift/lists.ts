import type { Properties } from "../../state/preview";
import { text } from "./view";

/** A difference of a list: an element that is not as declared, is missing, or was declared by nobody. */
export interface Difference {
    readonly what: string;
    /** Missing: nobody declared it. */
    readonly declared?: string;
    /** Missing: it is gone. */
    readonly found?: string;
}

type Elements = readonly Properties[];

const elements = (value: unknown): Elements => (Array.isArray(value) ? (value as Elements) : []);

/** Firewall rules: each that is missing, was changed or added, and their order where that alone differs. */
export function ruleDifferences(declared: unknown, found: unknown): Difference[] {
    const wanted = elements(declared);
    const rules = elements(found);
    const pairs = pairRules(wanted, rules);
    const free = rules.filter((rule) => ![...pairs.values()].includes(rule));
    const rows = wanted.flatMap((rule): Difference[] => {
        const own = pairs.get(rule);
        if (own !== undefined && ruleText(own) === ruleText(rule)) {
            return [];
        }
        return [{ what: ruleName(rule), declared: ruleText(rule), ...(own && { found: ruleText(own) }) }];
    });
    const order = (list: Elements) => list.map((rule) => text(rule["comment"])).join(", ");
    const moved = wanted.map((rule) => pairs.get(rule)).filter((rule) => rule !== undefined);
    const now = rules.filter((rule) => moved.includes(rule));
    return [
        ...rows,
        ...free.map((rule) => ({ what: ruleName(rule), found: ruleText(rule) })),
        ...(order(moved) === order(now)
            ? []
            : [{ what: "firewall rules' order", declared: order(moved), found: order(now) }]),
    ];
}

/** Which rule each declared one is: the same in all, else the one with its comment, else the one that does the same. */
function pairRules(wanted: Elements, rules: Elements): Map<Properties, Properties> {
    const pairs = new Map<Properties, Properties>();
    const same: ((a: Properties, b: Properties) => boolean)[] = [
        (a, b) => a["comment"] === b["comment"] && ruleText(a) === ruleText(b),
        (a, b) => a["comment"] === b["comment"],
        (a, b) => ruleContent(a) === ruleContent(b),
    ];
    for (const one of same) {
        for (const rule of wanted.filter((declared) => !pairs.has(declared))) {
            const taken = [...pairs.values()];
            const own = rules.find((found) => !taken.includes(found) && one(rule, found));
            if (own !== undefined) {
                pairs.set(rule, own);
            }
        }
    }
    return pairs;
}

function ruleName(rule: Properties): string {
    return `firewall rule ${text(rule["comment"], "without a comment")}`;
}

function ruleText(rule: Properties): string {
    const comment = text(rule["comment"], "");
    return `${ruleContent(rule)}${comment === "" ? "" : ` (${comment})`}${rule["enabled"] === false ? ", off" : ""}`;
}

/** Words of a rule, by the provider's names; what PVE leaves out is any. */
function ruleContent(rule: Properties): string {
    const word = (before: string, key: string) => {
        const value = text(rule[key], "");
        return value === "" ? [] : [`${before} ${value}`.trim()];
    };
    return [
        ...[word("", "action"), word("", "type"), word("macro", "macro"), word("group", "securityGroup")].flat(),
        ...[word("from", "source"), word("port", "sport"), word("to", "dest"), word("", "proto")].flat(),
        ...[word("port", "dport"), word("on", "iface"), word("log", "log")].flat(),
    ].join(" ");
}

/** NICs by their place, each property that was declared; and those that nobody declared. */
export function nicDifferences(declared: unknown, found: unknown): Difference[] {
    const wanted = elements(declared).map((nic, index) => [`net${index}`, nic] as const);
    const nics = elements(found).map((nic, index) => [`net${index}`, nic] as const);
    return keyedDifferences(wanted, nics, ["bridge", "macAddress", "vlanId"]);
}

/** Disks by their interface; a disk whose name the provider lost when it was detached is none. */
export function diskDifferences(declared: unknown, found: unknown): Difference[] {
    const byName = (value: unknown) =>
        elements(value)
            .filter((disk) => text(disk["interface"], "") !== "")
            .map((disk) => [`disk ${text(disk["interface"])}`, disk] as const);
    return keyedDifferences(byName(declared), byName(found), ["datastoreId", "size"], ["speed"]);
}

/** Addresses of an ipset. */
export function addressDifferences(declared: unknown, found: unknown): Difference[] {
    const entries = (value: unknown) =>
        elements(value).map((entry) => [`address ${text(entry["name"])}`, entry] as const);
    return keyedDifferences(entries(declared), entries(found), ["name"]);
}

type Keyed = readonly (readonly [key: string, element: Properties])[];

/** @param telling properties that say of an element that is missing or nobody's what it is. */
function keyedDifferences(wanted: Keyed, found: Keyed, telling: readonly string[], but: readonly string[] = []) {
    const keys = [...new Set([...wanted, ...found].map(([key]) => key))];
    const content = (element: Properties) =>
        telling
            .map((name) => text(element[name], ""))
            .filter(Boolean)
            .join(" ");
    return keys.flatMap((key): Difference[] => {
        const own = wanted.find(([one]) => one === key)?.[1];
        const now = found.find(([one]) => one === key)?.[1];
        if (own === undefined || now === undefined) {
            return [{ what: key, ...(own && { declared: content(own) }), ...(now && { found: content(now) }) }];
        }
        return Object.keys(own)
            .filter((name) => name !== "__defaults" && !but.includes(name) && differs(own[name], now[name]))
            .map((name) => {
                const unit = name === "size" ? "GiB" : "";
                const told = (value: unknown) => `${text(value)}${unit}`;
                return { what: `${key}: ${name}`, declared: told(own[name]), found: told(now[name]) };
            });
    });
}

function differs(declared: unknown, found: unknown): boolean {
    return declared !== undefined && declared !== null && text(declared) !== text(found);
}
