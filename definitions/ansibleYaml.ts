import {
    boolYaml11Tag,
    defineScalarTag,
    DUMP_SCHEMA,
    dump,
    NOT_RESOLVED,
    realMapTag,
    timestampTag,
    YAML11_SCHEMA,
} from "js-yaml";

/** A date or time exactly as a file has it: as a Date, a mere date would come out with a time. */
class Written {
    constructor(private readonly text: string) {}

    toJSON(): string {
        return this.text;
    }

    toString(): string {
        return this.text;
    }
}

const writtenTag = defineScalarTag(timestampTag.tagName, {
    ...timestampTag,
    resolve: (source, isExplicit, tagName) =>
        timestampTag.resolve(source, isExplicit, tagName) === NOT_RESOLVED ? NOT_RESOLVED : new Written(source),
    identify: (value) => value instanceof Written,
    represent: String,
});

/** PyYAML, which Ansible reads with, leaves `y` and `n` text, against the letter of YAML 1.1. */
const boolTag = defineScalarTag(boolYaml11Tag.tagName, {
    ...boolYaml11Tag,
    resolve: (source, isExplicit, tagName) =>
        source.length === 1 ? NOT_RESOLVED : boolYaml11Tag.resolve(source, isExplicit, tagName),
});

/** YAML as Ansible reads it: 1.1, where `yes` is true and 0644 is octal, with dates and keys kept as they are written. */
export const ANSIBLE_SCHEMA = YAML11_SCHEMA.withTags(writtenTag, boolTag, realMapTag);

/** A value that was read by ANSIBLE_SCHEMA with plain objects for mappings, except where a key is no text. */
export function asPlain(value: unknown): unknown {
    if (Array.isArray(value)) {
        return value.map(asPlain);
    }
    if (!(value instanceof Map)) {
        return value;
    }
    const entries = [...(value as Map<unknown, unknown>)].map(([key, item]) => [key, asPlain(item)] as const);
    return entries.every(([key]) => typeof key === "string") ? Object.fromEntries(entries) : new Map(entries);
}

/** Writes a value as YAML that Ansible reads as it was meant, without anchors. */
export function dumpForAnsible(value: unknown): string {
    return dump(value, { schema: DUMP_SCHEMA.withTags(writtenTag, realMapTag), noRefs: true, lineWidth: 120 });
}
