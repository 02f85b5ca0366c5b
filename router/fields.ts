import type { Row } from "./client";
import { text } from "./rows";
import type { Service } from "./services";

/** Where the records of a kind are on the router. */
export interface Section {
    /** Service that takes over what is written. */
    readonly service: Service;
    /** Name of one record in what is written. */
    readonly record: string;
    readonly endpoint: (verb: "search" | "add" | "set" | "del") => string;
}

/** Values by OPNsense's names, as a search gives them: a nested field has a dot in its name. */
export type Values = Readonly<Record<string, string>>;

/** One field of a kind of record: what is written, read back and compared of it goes by this row of the kind's table. */
export interface Field<R> {
    /** OPNsense's name. */
    readonly field: string;
    /** Name that a person knows it by; missing: OPNsense's. */
    readonly name?: string;
    /** As OPNsense writes it. */
    readonly declared: (record: R) => string;
    /** The part of a record that a value is; missing where every record has what is declared, unless somebody changed it. */
    readonly read?: (found: string) => Partial<R>;
    /** One form for all values that mean the same; missing: each means something else. */
    readonly normalise?: (value: string) => string;
    /** As drift tells of it, where that is not the value alone; false: it is told with another field. */
    readonly told?: false | ((values: object) => string);
    /** Whether drift counts it only where the stack writes the router, so that a record must be ours to the letter. */
    readonly strict?: true;
}

/** A field of a record that differs, by the name that a person knows it by. */
export interface Difference {
    readonly field: string;
    readonly declared: string;
    readonly found: string;
}

/** Values that somebody changed, of fields that are the same in every record of ours. */
export interface ByHand {
    readonly byHand?: Values;
}

/** A field that is text in a record, too. */
export function textField<R>(key: keyof R, field: string, more: Partial<Field<R>> = {}): Field<R> {
    return {
        field,
        declared: (record) => record[key] as string,
        read: (found) => ({ [key]: found }) as Partial<R>,
        ...more,
    };
}

/** A field that is the same in every record of ours. */
export function fixedField<R>(field: string, value: string, more: Partial<Field<R>> = {}): Field<R> {
    return { field, declared: () => value, ...more };
}

/** A record as OPNsense writes it. */
export function valuesOf<R>(fields: readonly Field<R>[], record: R): Values {
    return Object.fromEntries(fields.map(({ field, declared }) => [field, declared(record)]));
}

/** A record as it is on the router, in the form in which it is declared. */
export function recordOf<R>(fields: readonly Field<R>[], row: Row): R & ByHand {
    const parts = fields.map((one) => one.read?.(normal(one, row)));
    const record = Object.assign({}, ...parts) as R;
    const changed = fields.filter((one) => one.read === undefined && differs(one, record, row));
    const byHand = Object.fromEntries(changed.map(({ field }) => [field, text(row, field)]));
    return { ...record, ...(changed.length > 0 && { byHand }) };
}

/** Whether a record is on the router as it is declared. */
export function isAsDeclared<R>(fields: readonly Field<R>[], record: R, row: Row): boolean {
    return !fields.some((one) => differs(one, record, row));
}

/**
 * The fields of a record that are not as declared.
 *
 * @param strict whether the record must be ours to the letter.
 */
export function differences<R>(fields: readonly Field<R>[], record: R, row: Row, strict: boolean): Difference[] {
    const values = valuesOf(fields, record);
    return fields
        .filter((one) => one.told !== false && (strict || one.strict !== true) && !isUnknown(one, row))
        .map((one) => ({ field: one.name ?? one.field, declared: tell(one, values), found: tell(one, row) }))
        .filter(({ declared, found }) => declared !== found);
}

function differs<R>(one: Field<R>, record: R, row: Row): boolean {
    return !isUnknown(one, row) && normal(one, row) !== normal(one, { [one.field]: one.declared(record) });
}

/** A field that the router does not have is as every record of ours has it. */
function isUnknown<R>({ field, read }: Field<R>, row: Row): boolean {
    return read === undefined && !(field in row);
}

function tell<R>(one: Field<R>, values: object): string {
    return one.told ? one.told(values) : normal(one, values);
}

function normal<R>({ field, normalise }: Field<R>, values: object): string {
    const value = text(values, field);
    return normalise === undefined ? value : normalise(value);
}
