import { inOneLine } from "./printed";
import { Refusal } from "./refusal";

/** Where a value stands in a definition: keys of mappings and indexes of sequences, outermost first. */
export type Path = readonly (string | number)[];

/** One mistake in a definition, with what a person needs to mend it. */
export interface Fault {
    /** File as the person knows it, relative to the project. */
    readonly file: string;
    /** 1-based line; missing where the fault is of the file as a whole. */
    readonly line?: number;
    /** Where in the file, as `vms[1].memory`; empty for the file as a whole. */
    readonly path: string;
    /** Value got, value allowed, likely fix: one line. */
    readonly message: string;
}

/** Writes a path as people do: `vms[1].memory`; a key that is no plain word stands in quotes. */
export function formatPath(path: Path): string {
    return path
        .map((step, depth) => (typeof step === "number" ? `[${step}]` : `${depth === 0 ? "" : "."}${formatKey(step)}`))
        .join("");
}

function formatKey(key: string): string {
    return /^[\w<-]+$/.test(key) ? key : JSON.stringify(key);
}

/** Writes a fault as one line: `tenants/dvntm/grooveiq.yaml:9 vms[0].memory: what is wrong`. */
export function formatFault(fault: Fault): string {
    const file = inOneLine(fault.file);
    const place = fault.line === undefined ? file : `${file}:${fault.line}`;
    return fault.path === "" ? `${place}: ${fault.message}` : `${place} ${fault.path}: ${fault.message}`;
}

/**
 * Every fault of a set of definitions, thrown at once before anything is touched. Its message is one line per fault,
 * ordered by file and line, and is all that a person should see: never print its stack.
 */
export class DefinitionError extends Refusal {
    readonly faults: readonly Fault[];

    constructor(faults: readonly Fault[]) {
        const ordered = [...faults].sort(byPlace);
        super(ordered.map(formatFault).join("\n"));
        this.name = "DefinitionError";
        this.faults = ordered;
    }
}

function byPlace(a: Fault, b: Fault): number {
    return compare(a.file, b.file) || (a.line ?? 0) - (b.line ?? 0) || compare(a.path, b.path);
}

function compare(a: string, b: string): number {
    return a < b ? -1 : a > b ? 1 : 0;
}
