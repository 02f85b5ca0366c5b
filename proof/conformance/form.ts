import type { Hypervisor, Substrate, Tenant } from "../../substrate/substrate";

/** Something of a substrate that a report shows as a word for it. */
export interface Known {
    /** Regular expression of it. */
    readonly pattern: string;
    readonly as: string;
}

/** A text as it may stand in a report. */
export interface Disguise {
    readonly known: readonly Known[];
    /** Whether a word, or a number, is one that simulators or machines say, whatever site they are at. */
    readonly isPublic: (word: string) => boolean;
}

/** Texts that are nobody's word, and are told by their kind: of one site they say too much, and from site to site they differ. */
const KINDS: readonly Known[] = [
    // How many rules are before it is of the place (opnsense/core, AliasController.php: delItemAction).
    { pattern: "(?<=rules\\.rule\\.)\\d+", as: "n" },
    { pattern: "UPID:[^\\s\"']+", as: "task" },
    { pattern: "[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", as: "uuid" },
    { pattern: "(?:[0-9a-f]{2}:){5}[0-9a-f]{2}", as: "mac" },
    { pattern: "\\d{1,3}(?:\\.\\d{1,3}){3}(?:/\\d{1,3})?", as: "address" },
    { pattern: "(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}(?:/\\d{1,3})?", as: "address" },
    { pattern: "[^\\s@\"']+@[^\\s@\"']+", as: "user" },
    { pattern: "[0-9a-f]{32,128}", as: "digest" },
];

/** A word; digits and an underscore are of it, and so is each letter of each script. */
const WORD = "[\\p{L}\\p{M}\\p{N}_]+";

/** Beyond words, what a report shows as it is. */
const PLAIN = /[ -~\n]/;

/** Words without a public one among them, however they are joined. */
const JOINED = /\{word\}(?:[.@:/-]+\{word\})+/g;

/**
 * Normal form of a text: of all that is in it, words that are public stay, and a placeholder stands for everything else. What it
 * holds of a site is thus at the most that a word is there which is in no list.
 */
export function formOf(text: string, { known, isPublic }: Disguise): string {
    const kinds = [...known, ...KINDS].map(({ pattern }) => `((?<![\\p{L}\\p{N}])(?:${pattern})(?![\\p{L}\\p{N}]))`);
    const all = new RegExp([...kinds, WORD, "[^]"].join("|"), "giu");
    const names = [...known, ...KINDS].map(({ as }) => as);
    const disguised = text.replace(all, (found: string, ...groups: (string | undefined)[]) => {
        const kind = names[groups.slice(0, names.length).findIndex((group) => group !== undefined)];
        return kind === undefined ? asWord(found, isPublic) : `{${kind}}`;
    });
    return disguised.replace(JOINED, "{word}");
}

function asWord(found: string, isPublic: Disguise["isPublic"]): string {
    if (!/^[\p{L}\p{M}\p{N}_]/u.test(found)) {
        return PLAIN.test(found) ? found : "{sign}";
    }
    return isPublic(found) ? found : /^\d+$/.test(found) ? "{n}" : "{word}";
}

/** Whether a number is small enough to be no time, size or sequence: those differ from run to run. */
export function isSmall(word: string): boolean {
    return !/^\d{5,}$/.test(word);
}

/** Words of texts that are public, for a disguise. */
export function wordsIn(texts: Iterable<string>): ReadonlySet<string> {
    const words = new Set<string>();
    for (const text of texts) {
        const shown = text.replace(/\{[a-z]+\}/g, " ");
        (shown.match(new RegExp(WORD, "gu")) ?? []).forEach((word) => words.add(word));
    }
    return words;
}

/**
 * Parts of a run's own place that are told by a word of their own, so that the same is the same at each site. Longer names come first,
 * since one may be a part of another.
 *
 * @param device the interface that the VLAN is assigned to on the router, such as opt9, where it is.
 */
export function knownOf(substrate: Substrate, tenant: Tenant, hypervisor: Hypervisor, device?: string): Known[] {
    const { vlan, subnet } = tenant.segment;
    const names: (readonly [string, string])[] = [
        [tenant.zone, "zone"],
        [substrate.zone, "zone"],
        [subnet.cidr, "subnet"],
        [subnet.gateway, "gateway"],
        [subnet.poolStart, "first"],
        [subnet.poolEnd, "last"],
        [hypervisor.node, "node"],
        [hypervisor.name, "hypervisor"],
        [hypervisor.bridge, "bridge"],
        [hypervisor.datastore, "storage"],
        ...tenant.vms.map(({ vmid }) => [String(vmid), "vmid"] as const),
        ...(device === undefined ? [] : [[device, "interface"] as const, [`${device}ip`, "interfaceip"] as const]),
    ];
    const longest = names.sort(([one], [other]) => other.length - one.length);
    return [
        { pattern: `${escaped(hypervisor.datastore)}:[^,\\s"']+`, as: "volume" },
        // The number alone may be a port as well.
        { pattern: `(?<=tag=|vlan0\\.|VLAN )${vlan}`, as: "vlan" },
        ...longest.map(([name, as]) => ({ pattern: escaped(name), as })),
    ];
}

/** A text as a regular expression that matches it alone. */
export function escaped(text: string): string {
    return text.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
}

/**
 * Forms of all values in an answer, by the path to each: of a list, all forms that its elements have. Of numbers only 0 and 1 are
 * told as they are, which PVE has for no and yes.
 *
 * @param form of a text.
 */
export function formsOf(value: unknown, form: (text: string) => string): Record<string, string> {
    const forms = new Map<string, Set<string>>();
    gather(value, "", form, (path, one) => forms.set(path, (forms.get(path) ?? new Set()).add(one)));
    const sorted = [...forms].sort(([one], [other]) => (one < other ? -1 : 1));
    return Object.fromEntries(sorted.map(([path, all]) => [path, [...all].sort().join(" | ")]));
}

function gather(
    value: unknown,
    path: string,
    form: (text: string) => string,
    tell: (path: string, form: string) => void,
): void {
    if (Array.isArray(value)) {
        if (value.length === 0) {
            tell(`${path}[]`, "none");
        }
        value.forEach((one) => gather(one, `${path}[]`, form, tell));
    } else if (typeof value === "object" && value !== null) {
        Object.entries(value).forEach(([key, one]) =>
            gather(one, path === "" ? form(key) : `${path}.${form(key)}`, form, tell),
        );
    } else {
        tell(path === "" ? "answer" : path, scalar(value, form));
    }
}

function scalar(value: unknown, form: (text: string) => string): string {
    if (typeof value === "string") {
        return JSON.stringify(form(value));
    }
    return typeof value === "number" && value !== 0 && value !== 1 ? "number" : String(value);
}
