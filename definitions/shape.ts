import type { ErrorObject } from "ajv/dist/2020";
import { formatPath, type Fault, type Path } from "./faults";
import { steeringTexts } from "./freeText";
import { faultAt } from "./places";
import { standaloneReason } from "./standalone";
import { suggestion } from "./suggest";
import validators from "./validators";
import type { Source } from "./yaml";

/** Schema that a definition is held to. */
export type Kind = keyof typeof validators;

/** Definitions that people write, whose texts are shown to others. */
const OF_PEOPLE: ReadonlySet<Kind> = new Set<Kind>(["tenant", "substrate"]);

/**
 * Checks the shape of a definition against its schema, and gives back the definition with every default filled in, or
 * every fault of it, and where each is. The defaults are filled into the source's own value.
 */
export function checkShape<T>(kind: Kind, source: Source): { value: T; faults: Fault[]; paths: Path[] } {
    const validate = validators[kind];
    const errors = validate(source.value) ? [] : (validate.errors ?? []).filter(isOwnFault);
    const paths = errors.map((error) => pathOf(source.value, error));
    const faults = errors.map((error, at) => faultAt(source, paths[at]!, messageOf(error)));
    const told = new Set(faults.map(({ path }) => path));
    const steering = OF_PEOPLE.has(kind) ? steeringTexts(source.value) : [];
    const further = steering.filter(({ path }) => !told.has(formatPath(path)));
    return {
        value: source.value as T,
        faults: [...faults, ...further.map(({ path, message }) => faultAt(source, path, message))],
        paths: [...paths, ...further.map(({ path }) => path)],
    };
}

/** A propertyNames error repeats, at the mapping, what the error for the name itself says already. */
function isOwnFault(error: ErrorObject): boolean {
    return error.keyword !== "propertyNames";
}

/** Where the person has to look: for an unknown key the key itself, for a missing one what lacks it. */
function pathOf(value: unknown, error: ErrorObject): Path {
    const path: (string | number)[] = [];
    let current = value;
    for (const step of error.instancePath.split("/").slice(1)) {
        const key = step.replaceAll("~1", "/").replaceAll("~0", "~");
        path.push(Array.isArray(current) ? Number(key) : key);
        current = (current as Record<string, unknown> | undefined)?.[key];
    }
    if (error.keyword === "additionalProperties") {
        path.push((error.params as { additionalProperty: string }).additionalProperty);
    }
    if (error.propertyName !== undefined) {
        path.push(error.propertyName);
    }
    return path;
}

type Explain = (error: ErrorObject) => string;

const explanations: Record<string, Explain> = {
    additionalProperties: (e) => unknownKey(e),
    required: (e) => `${(e.params as { missingProperty: string }).missingProperty} is missing${exampleOf(e)}`,
    type: (e) => wrongType(e),
    enum: (e) => unknownValue(e),
    pattern: (e) => `${show(e.data ?? e.propertyName)} is not ${patternMessage(e) ?? "allowed"}`,
    minimum: (e) => outOfRange(e),
    maximum: (e) => outOfRange(e),
    minItems: (e) => `empty; at least ${(e.params as { limit: number }).limit} is needed`,
    maxItems: (e) =>
        `${(e.data as unknown[]).length} items; at most ${(e.params as { limit: number }).limit} are allowed`,
    minProperties: (e) => `empty; at least ${(e.params as { limit: number }).limit} is needed`,
    maxProperties: (e) => tooManyKeys(e),
    minLength: () => "empty; a value is needed",
    maxLength: (e) =>
        `${String(e.data).length} characters; at most ${(e.params as { limit: number }).limit} are allowed`,
    uniqueItems: (e) => `${show((e.data as unknown[])[(e.params as { i: number }).i])} stands twice; once is enough`,
};

function messageOf(error: ErrorObject): string {
    const explain = explanations[error.keyword];
    return explain ? explain(error) : `${show(error.data)} ${error.message ?? "is not allowed"}`;
}

function wrongType(error: ErrorObject): string {
    const { type } = error.params as { type: string };
    const meant = patternMessage(error) ?? article(type);
    const data: unknown = error.data;
    return typeof data === "string" && isOfType(data, type)
        ? `"${data}" is text, not ${meant}; take the quotes away: ${data}`
        : `${show(error.data)} is not ${meant}`;
}

/** Whether a text would be a number or a truth value without its quotes. */
function isOfType(text: string, type: string): boolean {
    switch (type) {
        case "integer":
            return /^-?[0-9]{1,15}$/.test(text);
        case "boolean":
            return text === "true" || text === "false";
        default:
            return false;
    }
}

function unknownKey(error: ErrorObject): string {
    const { additionalProperty: key } = error.params as { additionalProperty: string };
    const reason = standaloneReason(key);
    if (reason !== undefined) {
        return `refused: ${reason}`;
    }
    if (key === "<<") {
        return "merge keys are not allowed; write the values out";
    }
    const allowed = Object.keys(propertiesOf(error));
    return `unknown key${suggestion(key, allowed)}; allowed here: ${allowed.join(", ")}`;
}

function unknownValue(error: ErrorObject): string {
    const { allowedValues } = error.params as { allowedValues: string[] };
    const near = suggestion(String(error.data), allowedValues);
    return `${show(error.data)} is not allowed${near}; allowed: ${allowedValues.join(", ")}`;
}

function tooManyKeys(error: ErrorObject): string {
    // Sorted: Pulumi hands the keys of its configuration over in any order.
    const keys = Object.keys(error.data as object)
        .sort()
        .join(" and ");
    return `${keys} exclude each other; allowed: ${(error.params as { limit: number }).limit} of them`;
}

function outOfRange(error: ErrorObject): string {
    const { minimum, maximum } = error.parentSchema as { minimum?: number; maximum?: number };
    const range = maximum === undefined ? `${minimum} or more` : `${minimum} to ${maximum}`;
    return `${show(error.data)} is out of range; allowed: ${range}`;
}

function patternMessage(error: ErrorObject): string | undefined {
    return (error.parentSchema as { patternErrorMessage?: string }).patternErrorMessage;
}

function propertiesOf(error: ErrorObject): Record<string, { examples?: unknown[] }> {
    return (error.parentSchema?.["properties"] ?? {}) as Record<string, { examples?: unknown[] }>;
}

function exampleOf(error: ErrorObject): string {
    const missing = (error.params as { missingProperty: string }).missingProperty;
    const [example] = propertiesOf(error)[missing]?.examples ?? [];
    return example === undefined ? "" : `; for example ${missing}: ${show(example)}`;
}

function article(type: string): string {
    const names: Record<string, string> = {
        integer: "a whole number",
        string: "text",
        object: "a mapping",
        array: "a list",
        boolean: "true or false",
    };
    return names[type] ?? type;
}

/** A value as a person would write it in YAML, cut where it is long. */
function show(value: unknown): string {
    const plain = typeof value === "string" && /^[\P{C}]+$/u.test(value);
    const text = plain ? value : (JSON.stringify(value) ?? String(value));
    return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
