import { isDeepStrictEqual } from "node:util";

/** Everything that is taken from the events that Pulumi's engine tells of a run (sdk/go/common/apitype/events.go). */
export interface Told {
    /** Resources by what was done with them, in Pulumi's words; none where the run failed before its end. */
    readonly changes: Readonly<Record<string, number>>;
    /** URNs of what a refresh read and found as the state has it, inputs and outputs alike; a secret is masked on both sides. */
    readonly asKept: ReadonlySet<string>;
}

interface Event {
    readonly summaryEvent?: { readonly resourceChanges?: Readonly<Record<string, number>> };
    readonly resOutputsEvent?: { readonly metadata: Metadata };
}

interface Metadata {
    readonly op: string;
    readonly urn: string;
    readonly old?: Properties | null;
    readonly new?: Properties | null;
}

interface Properties {
    readonly inputs?: unknown;
    readonly outputs?: unknown;
}

/** The part that counts of the lines of an event log. */
export function toldIn(lines: readonly string[]): Told {
    // A resource's event is some kilobytes: what is not asked for is not parsed.
    const events = lines
        .filter((line) => line.includes('"summaryEvent"') || isOfRefresh(line))
        .map((line) => JSON.parse(line) as Event);
    const refreshed = events.flatMap(({ resOutputsEvent }) => resOutputsEvent?.metadata ?? []);
    return {
        changes: events.flatMap(({ summaryEvent }) => summaryEvent ?? []).at(-1)?.resourceChanges ?? {},
        asKept: new Set(refreshed.filter(isSame).map(({ urn }) => urn)),
    };
}

function isOfRefresh(line: string): boolean {
    return line.includes('"resOutputsEvent"') && line.includes('"op":"refresh"');
}

/** Whether a refresh found a resource as the state has it; one that is gone has no new state. */
function isSame({ op, old, new: now }: Metadata): boolean {
    return op === "refresh" && !!old && !!now && isDeepStrictEqual(contentOf(old), contentOf(now));
}

function contentOf({ inputs, outputs }: Properties): unknown {
    return [inputs, outputs];
}
