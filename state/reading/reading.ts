import { createHash } from "node:crypto";

/** The node's answers of one reading: a digest of what each guest and pool was, by their names here. No answer stands in it. */
export type Digests = ReadonlyMap<string, string>;

/** Record of a reading that the state agrees with, by which a later run tells whether anything changed since. */
export interface Reading {
    /** The versions that read it: others may read more. */
    readonly versions: string;
    /** Digest of each tenant's part of state and nodes, by its name, and with an empty name that of all that is no tenant's. */
    readonly parts: Readonly<Record<string, string>>;
    /** The definitions for which there was nothing to do on the nodes then; missing where there was, or nobody knows. */
    readonly settled?: Settled;
}

/** Name of the part that is no tenant's. */
export const NO_TENANT = "";

/** Digests of everything that is declared, and of the program that declares it. */
export interface Declared {
    /** Of all but the tenants: no resource of a tenant depends on another tenant's definition. */
    readonly common: string;
    /** Of each tenant, by its name. */
    readonly tenants: Readonly<Record<string, string>>;
}

/** Tenants that are declared now as they were then; none where anything is otherwise that may count for all of them. */
export function declaredAsThen(then: Declared, now: Declared): string[] {
    return then.common === now.common
        ? Object.keys(now.tenants).filter((name) => then.tenants[name] === now.tenants[name])
        : [];
}

/** Whether everything is declared now as it was then. */
export function isSameDeclared(then: Declared, now: Declared): boolean {
    const count = declaredAsThen(then, now).length;
    const all = [then, now].every(({ tenants }) => Object.keys(tenants).length === count);
    return then.common === now.common && all;
}

/** Definitions, and a run that found nothing to do for them. */
export interface Settled {
    readonly declared: Declared;
    /** Resources by what that run did with them, in Pulumi's words; missing where it looked at the nodes alone. */
    readonly changes?: Readonly<Record<string, number>>;
    /** Pulumi's flags that held it to rules; missing where it was held to none. */
    readonly held?: string;
}

/** Digest of plain values, whatever the order of their keys: PVE writes an object's keys in another order each time. */
export function digestOf(value: unknown): string {
    return createHash("sha256")
        .update(JSON.stringify(value, (_, one: unknown) => inOrder(one)) ?? "")
        .digest("hex");
}

function inOrder(value: unknown): unknown {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
        return value;
    }
    return Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)));
}

/** A record as it was kept; undefined for anything else, as for a file that was cut off. */
export function readingIn(value: unknown): Reading | undefined {
    const { versions, parts, settled } = (value ?? {}) as Partial<Record<keyof Reading, unknown>>;
    if (typeof versions !== "string" || !isRecord(parts)) {
        return undefined;
    }
    const known = settledIn(settled);
    return { versions, parts: parts as Reading["parts"], ...(known && { settled: known }) };
}

function settledIn(value: unknown): Settled | undefined {
    const { declared, changes, held } = (isRecord(value) ? value : {}) as Partial<Record<keyof Settled, unknown>>;
    const isWhole =
        isDeclared(declared) &&
        (changes === undefined || isRecord(changes)) &&
        (held === undefined || typeof held === "string");
    return isWhole ? (value as Settled) : undefined;
}

function isDeclared(value: unknown): boolean {
    const { common, tenants } = (isRecord(value) ? value : {}) as Partial<Record<keyof Declared, unknown>>;
    return typeof common === "string" && isRecord(tenants);
}

function isRecord(value: unknown): boolean {
    return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Tenants whose part is now what the record has, by the same versions.
 *
 * @returns none where what is no tenant's is otherwise, which may count for all of them.
 */
export function tenantsAsRead(last: Reading | undefined, now: Pick<Reading, "versions" | "parts">): string[] {
    const same = (name: string) => last?.parts[name] === now.parts[name];
    return last?.versions === now.versions && same(NO_TENANT) ? tenantsIn(now.parts).filter(same) : [];
}

/** Names of the tenants that have a part. */
export function tenantsIn(parts: Reading["parts"]): string[] {
    return Object.keys(parts).filter((name) => name !== NO_TENANT);
}
