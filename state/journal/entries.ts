import { jsonOr } from "../../definitions/json";

/** Variable with the file of the journal that a run of the program is to keep; `tenants` sets it. */
export const JOURNAL_FILE = "TENANTS_JOURNAL_FILE";

/** First line of a journal: which state the run began with. */
export interface Heading {
    /** Digest of the state's file. The CLI writes it once, at the end of a run: where it differs, the journal is of no use. */
    readonly state: string;
}

/** One line of a journal: the beginning of a creation, or its end. */
export interface Entry {
    readonly urn: string;
    readonly inputs: Readonly<Record<string, unknown>>;
    /** The resource that was made; missing: it was begun. */
    readonly made?: Made;
}

/** Answer of the provider to a creation. */
export interface Made {
    readonly id: string;
    readonly outputs: Readonly<Record<string, unknown>>;
    /** When, as RFC 3339. */
    readonly at: string;
}

/** A journal as it was read. */
export interface Journal extends Heading {
    /** The last line of each resource, by its URN, in the order in which they began. */
    readonly entries: ReadonlyMap<string, Entry>;
}

/**
 * A journal from its text.
 *
 * @returns undefined where not even its heading is whole. A last line that is not was being written when the run ended: what
 * it would have told had not begun, or is told as begun by a line before it.
 */
export function journalIn(text: string): Journal | undefined {
    const [heading, ...lines] = text.split("\n").map((line) => jsonOr(line, undefined));
    if (!isHeading(heading)) {
        return undefined;
    }
    const entries = lines.filter(isEntry).map((entry) => [entry.urn, entry] as const);
    return { state: heading.state, entries: new Map(entries) };
}

function isHeading(line: unknown): line is Heading {
    return typeof (line as Heading | undefined)?.state === "string";
}

function isEntry(line: unknown): line is Entry {
    const { urn, inputs } = (line ?? {}) as Partial<Entry>;
    return typeof urn === "string" && typeof inputs === "object";
}
