import type { Machine, Moment } from "./probes";

/** An answer to a probe, in the form in which it is compared. */
export interface Seen {
    /** HTTP's; of the program its exit code. */
    readonly status: number;
    /** Form of each value, by the path to it. */
    readonly forms: Readonly<Record<string, string>>;
}

/** A probe that was asked, with its answer. */
export interface Asked extends Seen {
    readonly machine: Machine;
    readonly moment: Moment;
    /** The name of the probe: with the moment, its key in the record. */
    readonly name: string;
    /** As a report tells it: the request with placeholders. */
    readonly request: string;
}

/** Answers of the simulators, by moment and name of each probe. */
export type Expected = Readonly<Record<string, Seen>>;

/** One thing that is otherwise than at the simulators: forms, and nothing of a site. */
export interface Difference {
    readonly machine: Machine;
    readonly moment: Moment;
    readonly request: string;
    /** `status`, or the path to a value in the answer. */
    readonly field: string;
    readonly expected: string;
    readonly found: string;
}

/** Stands for a value that is not there. */
const NOTHING = "nothing";

/** Key of a probe in the record. */
export function keyOf({ moment, name }: Pick<Asked, "moment" | "name">): string {
    return `${moment}: ${name}`;
}

/** Everything that is otherwise than the record says, in the order in which it was asked. */
export function differencesOf(expected: Expected, asked: readonly Asked[]): Difference[] {
    return asked.flatMap((one) => {
        const known = expected[keyOf(one)] ?? { status: 0, forms: {} };
        const { machine, moment, request } = one;
        const of = (field: string, was: string | undefined, is: string | undefined) =>
            was === is ? [] : [{ machine, moment, request, field, expected: was ?? NOTHING, found: is ?? NOTHING }];
        const fields = [...new Set([...Object.keys(known.forms), ...Object.keys(one.forms)])];
        return [
            ...of("status", String(known.status), String(one.status)),
            ...fields.flatMap((field) => of(field, known.forms[field], one.forms[field])),
        ];
    });
}

/** The record of a run, for one that was made against simulators. */
export function recordOf(asked: readonly Asked[]): Expected {
    return Object.fromEntries(asked.map((one) => [keyOf(one), { status: one.status, forms: one.forms }]));
}
