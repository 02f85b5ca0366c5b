import type { TenantDefinition } from "./definitions";
import { formatPath, type Fault, type Path } from "./faults";
import type { Source } from "./yaml";

/** A tenant definition whose shape is right, with the file it stands in. */
export interface CheckedTenant {
    readonly file: string;
    readonly source: Source;
    readonly value: TenantDefinition;
}

/** A fault at a place of a tenant's file. */
export function faultAt({ file, source }: CheckedTenant, path: Path, message: string): Fault {
    const line = source.lineOf(path);
    return { file, path: formatPath(path), message, ...(line === undefined ? {} : { line }) };
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
        const line = holder.tenant.source.lineOf(holder.path);
        const where = `${holder.tenant.file}:${line} ${formatPath(holder.path)}`;
        return [faultAt(current.tenant, current.path, `${kind} ${current.value} is taken by ${where}`)];
    });
}
