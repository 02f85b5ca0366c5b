import type { PreviewStep, Properties } from "../../state/preview/client";
import { type Value, listField } from "../../substrate/findings";
import { pair } from "../../substrate/pair";
import { isSame, plainText } from "./view";

/** Lists whose elements are told by name, by the property. */
const LISTS: Readonly<Record<string, (declared: unknown, found: unknown) => Difference[]>> = {
    rules: ruleDifferences,
    networkDevices: nicDifferences,
    disks: diskDifferences,
    cidrs: addressDifferences,
};

/**
 * Everything in which a resource that is there differs from what was declared.
 *
 * @param part begins the fields of a VM's part, such as `firewall`; empty for a resource of its own.
 */
export function differencesOf({ detailedDiff, oldState, newState }: PreviewStep, part = ""): Difference[] {
    const [declared, found] = [newState?.inputs ?? {}, oldState?.outputs ?? oldState?.inputs ?? {}];
    const differing = Object.entries(detailedDiff ?? {})
        // What is only known after an up, such as addresses, shows as added; nothing was declared for it.
        .filter(([path, { kind }]) => topOf(path) in declared || !kind.startsWith("add"))
        .map(([path]) => path);
    const lists = [...new Set(differing.map(topOf))].filter((top) => top in LISTS);
    const plain = [...new Set(differing.filter((path) => !(topOf(path) in LISTS)).map(withoutIndex))];
    return [
        ...plain.map((path) => ({
            field: part === "" ? path : `${part}.${path}`,
            ...{ declared: valueAt(declared, path), found: valueAt(found, path) },
        })),
        ...lists.flatMap((top) => LISTS[top]!(declared[top], found[top])),
    ];
}

function topOf(path: string): string {
    return /^[^.[]+/.exec(path)?.[0] ?? path;
}

/** A list of plain values is told whole. */
function withoutIndex(path: string): string {
    return path.replace(/\[.*/, "");
}

function valueAt(properties: Properties, path: string): Value {
    return path.split(".").reduce<unknown>((at, key) => (at as Properties | null)?.[key], properties) as Value;
}

/** A difference of a resource: a property, or an element of a list that is not as declared, is missing, or is nobody's. */
export interface Difference {
    readonly field: string;
    /** Missing: nobody declared it. */
    readonly declared?: Value;
    /** Missing: it is gone. */
    readonly found?: Value;
}

type Elements = readonly Properties[];

const elements = (value: unknown): Elements => (Array.isArray(value) ? (value as Elements) : []);

/** Firewall rules: each that is missing, was changed or added, and their order where that alone differs. */
export function ruleDifferences(declared: unknown, found: unknown): Difference[] {
    const wanted = elements(declared);
    const rules = elements(found);
    const { rows: pairs, free } = pair(wanted, rules, [isSameRule, hasSameComment, doesSame]);
    const changed = wanted.flatMap((rule): Difference[] => {
        const own = pairs.get(rule);
        if (own !== undefined && isSameRule(own, rule)) {
            return [];
        }
        return [{ field: ruleField(rule), declared: rule as Value, ...(own && { found: own as Value }) }];
    });
    const moved = wanted.map((rule) => pairs.get(rule)).filter((rule) => rule !== undefined);
    const now = rules.filter((rule) => moved.includes(rule));
    const order = (list: Elements) => list.map((rule) => rule["comment"] as Value);
    return [
        ...changed,
        ...[...free].map((rule) => ({ field: ruleField(rule), found: rule as Value })),
        ...(isSame(order(moved), order(now))
            ? []
            : [{ field: "rules.order", declared: order(moved), found: order(now) }]),
    ];
}

/** A rule is known by its comment. */
function ruleField(rule: Properties): string {
    return listField({ list: "rules", element: plainText(rule["comment"]) });
}

/** Properties of a rule that say what it does, by the provider's names. */
const ACTS = ["action", "type", "macro", "securityGroup", "source", "sport", "dest", "proto", "dport", "iface", "log"];

const hasSameComment = (a: Properties, b: Properties) => isSame(a["comment"], b["comment"]);

const doesSame = (a: Properties, b: Properties) => ACTS.every((name) => isSame(a[name], b[name]));

const isSameRule = (a: Properties, b: Properties) =>
    hasSameComment(a, b) && doesSame(a, b) && (a["enabled"] === false) === (b["enabled"] === false);

/** NICs by their place, each property that was declared; and those that nobody declared. */
export function nicDifferences(declared: unknown, found: unknown): Difference[] {
    const byPlace = (value: unknown) => elements(value).map((nic, index) => [`net${index}`, nic] as const);
    return keyedDifferences("networkDevices", byPlace(declared), byPlace(found));
}

/** Disks by their interface; a disk whose name the provider lost when it was detached is none. */
export function diskDifferences(declared: unknown, found: unknown): Difference[] {
    const byName = (value: unknown) =>
        elements(value).flatMap((disk) => (disk["interface"] ? [[plainText(disk["interface"]), disk] as const] : []));
    return keyedDifferences("disks", byName(declared), byName(found), ["speed"]);
}

/** Addresses of an ipset. */
export function addressDifferences(declared: unknown, found: unknown): Difference[] {
    const byAddress = (value: unknown) => elements(value).map((entry) => [plainText(entry["name"]), entry] as const);
    return keyedDifferences("ipset.cidrs", byAddress(declared), byAddress(found));
}

type Keyed = readonly (readonly [key: string, element: Properties])[];

/** @param but properties that do not count. */
function keyedDifferences(list: string, wanted: Keyed, found: Keyed, but: readonly string[] = []): Difference[] {
    const keys = [...new Set([...wanted, ...found].map(([key]) => key))];
    return keys.flatMap((element): Difference[] => {
        const own = wanted.find(([one]) => one === element)?.[1];
        const now = found.find(([one]) => one === element)?.[1];
        if (own === undefined || now === undefined) {
            const whole = { ...(own && { declared: own as Value }), ...(now && { found: now as Value }) };
            return [{ field: listField({ list, element }), ...whole }];
        }
        return Object.keys(own)
            .filter(
                (name) => name !== "__defaults" && !but.includes(name) && own[name] !== undefined && own[name] !== null,
            )
            .filter((name) => !isSame(own[name], now[name]))
            .map((property) => ({
                field: listField({ list, element, property }),
                ...{ declared: own[property] as Value, found: now[property] as Value },
            }));
    });
}
