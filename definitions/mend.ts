import { formatPath, type Fault, type Path } from "./faults";
import type { CheckedTenant } from "./places";
import { checkShape } from "./shape";
import { suggestion } from "./suggest";
import type { TenantDefinition } from "./definitions";
import type { Source } from "./yaml";

/**
 * Keys that rules about other places read, too: a tenant in which one of them is wrong is not looked at any further, since
 * another value could make each of those rules say something else.
 */
const READ_ELSEWHERE = ["name", "vlan", "isolate", "hypervisor", "formerly", "instance", "address"];
const OF_ALLOWANCES = ["to", "protocol", "ports"];

/** A tenant's file that can be held against others, although keys of it are wrong. */
export interface Mended {
    /** The definition without the keys that are wrong. */
    readonly tenant: CheckedTenant;
    /** Whether a fault that was found in it is none of what was taken out. */
    readonly counts: (fault: Fault) => boolean;
}

/**
 * Takes the keys that are wrong out of a tenant's file, so that one run tells what is wrong beside them, too.
 *
 * @param wrong paths of the keys that are wrong.
 * @returns undefined where nothing can be told beside them.
 */
export function mend(source: Source, wrong: readonly Path[]): Mended | undefined {
    const value = structuredClone(source.value);
    if (wrong.some(isReadElsewhere) || !wrong.every((path) => takeOut(value, path))) {
        return undefined;
    }
    const { value: rest, faults } = checkShape<TenantDefinition>("tenant", { ...source, value });
    const places = wrong.map((path) => formatPath(typeof path[1] === "number" ? path.slice(0, 2) : path.slice(0, 1)));
    const counts = ({ file, path }: Fault) => file !== source.file || !places.some((place) => isWithin(path, place));
    return faults.length > 0 ? undefined : { tenant: { ...source, value: rest }, counts };
}

/** Whether a place is another one, or within it. */
function isWithin(path: string, place: string): boolean {
    return path === place || [".", "["].some((next) => path.startsWith(`${place}${next}`));
}

/** A key that nobody knows may be meant as one of them. */
function isReadElsewhere(path: Path): boolean {
    const key = String(path.at(-1));
    const keys = path[0] === "allow" ? OF_ALLOWANCES : READ_ELSEWHERE;
    return suggestion(key, keys) !== "";
}

/** @returns whether it is a key, and was taken out; what lacks a key, or an element of a list, is none. */
function takeOut(value: unknown, path: Path): boolean {
    const key = path.at(-1);
    const holder = path
        .slice(0, -1)
        .reduce<unknown>((at, step) => (at as Record<string, unknown> | undefined)?.[step], value);
    if (typeof key !== "string" || typeof holder !== "object" || holder === null) {
        return false;
    }
    delete (holder as Record<string, unknown>)[key];
    return true;
}
