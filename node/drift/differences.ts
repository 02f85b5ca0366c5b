import type { PreviewStep, Properties } from "../../state/preview";
import type { Value } from "../../substrate/findings";
import { addressDifferences, diskDifferences, nicDifferences, ruleDifferences, type Difference } from "./lists";

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
