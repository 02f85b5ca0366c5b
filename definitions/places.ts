import type { TenantDefinition } from "./definitions";
import { formatPath, type Fault, type Path } from "./faults";

/** A file whose values can be found again in it. */
export interface Placed {
    /** File as the person knows it, relative to the project. */
    readonly file: string;
    /** 1-based line of the value at a path; undefined where nobody knows it. */
    readonly lineOf: (path: Path) => number | undefined;
}

/** A tenant definition whose shape is right, with the file it stands in. */
export interface CheckedTenant extends Placed {
    readonly value: TenantDefinition;
}

/** Where a tenant or a VM is defined, for errors that only node, router or state bring to light. */
export interface DefinedAt {
    readonly file: string;
    /** As `vms[0]`; empty for a tenant. */
    readonly path: string;
    /** 1-based line of the keys, by key; that of the tenant or VM itself under the empty key. */
    readonly lines: Readonly<Record<string, number>>;
}

/** A fault at a place of a file. */
export function faultAt({ file, lineOf }: Placed, path: Path, message: string): Fault {
    return fault(file, formatPath(path), lineOf(path), message);
}

/** A fault at a key of what was resolved: at the key's own line where it stands in the file, else at the whole. */
export function faultAtKey({ file, path, lines }: DefinedAt, key: string, message: string): Fault {
    const own = lines[key] !== undefined && (path === "" || lines[key] !== lines[""]);
    const declared = own ? [path, key].filter((step) => step !== "").join(".") : path;
    return fault(file, declared, lines[key] ?? lines[""], message);
}

function fault(file: string, path: string, line: number | undefined, message: string): Fault {
    return { file, path, message, ...(line === undefined ? {} : { line }) };
}

/** Where a mapping of a file stands, and those of its keys that are there. */
export function definedAt({ file, lineOf }: Placed, path: Path, keys: readonly string[]): DefinedAt {
    const lines: Record<string, number> = {};
    for (const key of ["", ...keys]) {
        const line = lineOf(key === "" ? path : [...path, key]);
        if (line !== undefined) {
            lines[key] = line;
        }
    }
    return { file, path: formatPath(path), lines };
}

/** A value that must be the only one of its kind, and where it stands. */
export interface Place {
    readonly tenant: CheckedTenant;
    readonly path: Path;
    readonly value: string | number;
}

/** One fault for each place whose value stood somewhere before, naming where. */
export function unique(places: readonly Place[], kind: string): Fault[] {
    const first = new Map<string | number, Place>();
    return places.flatMap((current) => {
        const holder = first.get(current.value);
        if (holder === undefined) {
            first.set(current.value, current);
            return [];
        }
        const line = holder.tenant.lineOf(holder.path);
        const where = `${holder.tenant.file}:${line} ${formatPath(holder.path)}`;
        return [faultAt(current.tenant, current.path, `${kind} ${current.value} is taken by ${where}`)];
    });
}
