import type { Row } from "./client";
import { isAsDeclared, valuesOf, type Field, type Section, type Values } from "./fields";
import type { Writer } from "./queue";
import { descriptionOf } from "./rows";

/**
 * Adds a record, or changes it where something of it is not as declared; gives back its uuid.
 *
 * @param row the record as it is; undefined where it is not there.
 */
export async function save<R>(
    writer: Writer,
    { service, record: name, endpoint }: Section,
    fields: readonly Field<R>[],
    record: R,
    row: Row | undefined,
): Promise<string> {
    if (row !== undefined && isAsDeclared(fields, record, row)) {
        return row.uuid;
    }
    writer.dirty(service);
    // All fields, since a part of them once emptied what referred to an alias (opnsense/core#6208).
    const body = { [name]: nested(valuesOf(fields, record)) };
    if (row === undefined) {
        return writer.client.add(endpoint("add"), body);
    }
    await writer.client.set(`${endpoint("set")}/${row.uuid}`, body);
    return row.uuid;
}

/** Deletes records, one after the other. */
export async function remove(writer: Writer, { service, endpoint }: Section, rows: readonly Row[]): Promise<void> {
    for (const row of rows) {
        writer.dirty(service);
        await writer.client.delete(`${endpoint("del")}/${row.uuid}`, descriptionOf(row));
    }
}

/** Values as a write takes them: a dot in a name stands for a mapping. */
function nested(values: Values): Record<string, unknown> {
    const body: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(values)) {
        const [outer, inner] = name.split(".") as [string, string?];
        body[outer] = inner === undefined ? value : { ...(body[outer] as object | undefined), [inner]: value };
    }
    return body;
}
