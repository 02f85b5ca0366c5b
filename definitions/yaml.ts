import { constructFromEvents, CORE_SCHEMA, EVENT_ID, getScalarValue, parseEvents, YAMLException } from "js-yaml";
import type { Event } from "js-yaml";
import { ANSIBLE_SCHEMA, asPlain } from "./ansibleYaml";
import { DefinitionError, type Path } from "./faults";
import type { Placed } from "./places";

/** A definition as read from one file, with the way back from a value to its line. */
export interface Source extends Placed {
    /** The plain value: mappings, sequences and scalars. */
    readonly value: unknown;
    /** That of the nearest enclosing value where the path leads nowhere. */
    readonly lineOf: (path: Path) => number | undefined;
}

/** Whose YAML a file is: ours is 1.2 without aliases; Ansible's is 1.1, with aliases and merge keys. */
export type Dialect = "ours" | "ansible";

const DIALECTS = {
    ours: { schema: CORE_SCHEMA, maxAliases: 0 },
    ansible: { schema: ANSIBLE_SCHEMA, maxAliases: 100 },
} as const;

/**
 * Parses one YAML document.
 *
 * @throws DefinitionError with one fault when the text is not one well-formed document.
 */
export function parseYaml(file: string, text: string, dialect: Dialect = "ours"): Source {
    refuseConflict(file, text);
    try {
        const events = parseEvents(text, { filename: file });
        const [value, ...others] = constructFromEvents(events, { source: text, filename: file, ...DIALECTS[dialect] });
        if (value === undefined || value === null) {
            throw new DefinitionError([{ file, path: "", message: "empty; a definition is needed" }]);
        }
        if (others.length > 0) {
            throw new DefinitionError([
                { file, path: "", message: "more than one YAML document; allowed: one per file" },
            ]);
        }
        const offsets = offsetsByPath(text, events);
        const lineAt = lineFinder(text);
        return {
            file,
            value: dialect === "ansible" ? asPlain(value) : value,
            lineOf: (path) => lineAt(nearestOffset(offsets, path)),
        };
    } catch (error) {
        if (error instanceof YAMLException) {
            throw new DefinitionError([yamlFault(file, error)]);
        }
        throw error;
    }
}

/** Refuses what git writes into a file where two changes meet: the parser has other words for it. */
function refuseConflict(file: string, text: string): void {
    const begin = /^<{7} .*$/m.exec(text);
    // One marker after the other: a pattern for all three would look through the rest of the file once for each line of =======.
    const between = begin === null ? -1 : text.slice(begin.index).search(/^={7}\r?$/m);
    if (begin !== null && between >= 0 && /^>{7} /m.test(text.slice(begin.index + between))) {
        const message =
            `git's conflict marker (${begin[0].slice(0, SHOWN_MARKER)}): a merge is not finished; keep one side, and take the ` +
            "lines with <<<<<<<, ======= and >>>>>>> out";
        throw new DefinitionError([{ file, line: lineFinder(text)(begin.index)!, path: "", message }]);
    }
}

/** Characters of a conflict marker that are shown: it ends in a branch's name. */
const SHOWN_MARKER = 40;

/** Likely mistake of a person, where the parser's words do not say it. */
const hints: Readonly<Record<string, string>> = {
    "bad indentation of a mapping entry": "; or an unquoted value has a colon in it",
    "deficient indentation": "; or a bracket or quote is not closed",
    "unknown scalar tag !<!vault>": "; leave vaulted values in a file of their own",
    "object-based map does not support complex keys": "; keys are plain words",
};

function yamlFault(file: string, error: YAMLException) {
    const line = error.mark ? error.mark.line + 1 : undefined;
    const message = error.reason.startsWith("aliases exceeded")
        ? "aliases are not allowed; write the value out"
        : `not valid YAML: ${error.reason}${hints[error.reason] ?? ""}`;
    return { file, path: "", message, ...(line === undefined ? {} : { line }) };
}

interface Container {
    readonly path: Path;
    readonly kind: "document" | "mapping" | "sequence";
    /** Items begun so far in a sequence; key waiting for its value in a mapping. */
    index: number;
    key: string | undefined;
}

/** Offset of each value in the text, by its path; a mapping's value stands where its key stands. */
function offsetsByPath(text: string, events: readonly Event[]): Map<string, number> {
    const offsets = new Map<string, number>();
    const open: Container[] = [];
    for (const event of events) {
        if (event.type === EVENT_ID.POP) {
            open.pop();
        } else if (event.type === EVENT_ID.DOCUMENT) {
            open.push({ path: [], kind: "document", index: 0, key: undefined });
        } else {
            const begun = place(text, event, open.at(-1)!, offsets);
            if (begun !== undefined) {
                open.push(begun);
            }
        }
    }
    return offsets;
}

/** Notes where a key or value stands, and gives back the container that it opens, if it is one. */
function place(text: string, event: Event, parent: Container, offsets: Map<string, number>): Container | undefined {
    const isKey = parent.kind === "mapping" && parent.key === undefined;
    if (isKey) {
        // Only a scalar can be a key of ours; the loader has refused any other.
        parent.key = event.type === EVENT_ID.SCALAR ? getScalarValue(text, event) : "";
        offsets.set(pointer([...parent.path, parent.key]), offsetOf(event));
    }
    const path = isKey ? [...parent.path, parent.key!] : pathIn(parent);
    if (!offsets.has(pointer(path))) {
        offsets.set(pointer(path), offsetOf(event));
    }
    if (event.type !== EVENT_ID.MAPPING && event.type !== EVENT_ID.SEQUENCE) {
        return undefined;
    }
    return { path, kind: event.type === EVENT_ID.MAPPING ? "mapping" : "sequence", index: 0, key: undefined };
}

/** Path of the value that begins in a container, which is then ready for its next key or item. */
function pathIn(parent: Container): Path {
    if (parent.kind === "document") {
        return parent.path;
    }
    if (parent.kind === "sequence") {
        return [...parent.path, parent.index++];
    }
    const path = [...parent.path, parent.key!];
    parent.key = undefined;
    return path;
}

function offsetOf(event: Event): number {
    switch (event.type) {
        case EVENT_ID.SCALAR:
            return event.valueStart;
        case EVENT_ID.MAPPING:
        case EVENT_ID.SEQUENCE:
            return event.start;
        default:
            return 0;
    }
}

function pointer(path: Path): string {
    return JSON.stringify(path);
}

function nearestOffset(offsets: ReadonlyMap<string, number>, path: Path): number | undefined {
    for (let length = path.length; length >= 0; length--) {
        const offset = offsets.get(pointer(path.slice(0, length)));
        if (offset !== undefined) {
            return offset;
        }
    }
    return undefined;
}

/** Tells the lines of offsets, 1-based; the text is gone through once, however many faults ask. */
function lineFinder(text: string): (offset: number | undefined) => number | undefined {
    const ends = [...text.matchAll(/\n/g)].map(({ index }) => index);
    return (offset) => {
        if (offset === undefined) {
            return undefined;
        }
        let [from, to] = [0, ends.length];
        while (from < to) {
            const middle = Math.floor((from + to) / 2);
            [from, to] = ends[middle]! < offset ? [middle + 1, to] : [from, middle];
        }
        return from + 1;
    };
}
