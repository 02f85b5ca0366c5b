import type { PreviewStep, Properties } from "../../state/preview";
import { addressDifferences, diskDifferences, nicDifferences, ruleDifferences, type Difference } from "./lists";
import { text } from "./view";

/** Lists whose elements are told by name, by the property. */
const LISTS: Readonly<Record<string, (declared: unknown, found: unknown) => Difference[]>> = {
    rules: ruleDifferences,
    networkDevices: nicDifferences,
    disks: diskDifferences,
    cidrs: addressDifferences,
};

/** Properties as a person knows them; others are told by the provider's own path. */
const NAMES: Readonly<Record<string, string>> = {
    "cpu.cores": "cores",
    "cpu.type": "CPU type",
    "memory.dedicated": "memory",
    "memory.floating": "balloon",
    poolId: "pool",
    started: "power",
};

/** Values as a person knows them. */
const VALUES: Readonly<Record<string, (value: unknown) => string>> = {
    memory: (value) => `${text(value, "0")}MiB`,
    balloon: (value) => `${text(value, "0")}MiB`,
    power: (value) => (value === true ? "running" : "stopped"),
};

/** Everything in which a resource that is there differs from what was declared. */
export function differencesOf({ detailedDiff, oldState, newState }: PreviewStep): Difference[] {
    const [declared, found] = [newState?.inputs ?? {}, oldState?.outputs ?? oldState?.inputs ?? {}];
    const differing = Object.entries(detailedDiff ?? {})
        // What is only known after an up, such as addresses, shows as added; nothing was declared for it.
        .filter(([path, { kind }]) => topOf(path) in declared || !kind.startsWith("add"))
        .map(([path]) => path);
    const lists = [...new Set(differing.map(topOf))].filter((top) => top in LISTS);
    const plain = [...new Set(differing.filter((path) => !(topOf(path) in LISTS)).map(withoutIndex))];
    return [
        ...plain.map((path) => difference(path, valueAt(declared, path), valueAt(found, path))),
        ...lists.flatMap((top) => LISTS[top]!(declared[top], found[top])),
    ];
}

function difference(path: string, declared: unknown, found: unknown): Difference {
    const what = NAMES[path] ?? path;
    const told = VALUES[what] ?? ((value: unknown) => text(value));
    return { what, declared: told(declared), found: told(found) };
}

function topOf(path: string): string {
    return /^[^.[]+/.exec(path)?.[0] ?? path;
}

/** A list of plain values is told whole. */
function withoutIndex(path: string): string {
    return path.replace(/\[.*/, "");
}

function valueAt(properties: Properties, path: string): unknown {
    return path.split(".").reduce<unknown>((at, key) => (at as Properties | null | undefined)?.[key], properties);
}
