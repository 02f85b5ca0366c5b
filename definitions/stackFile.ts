import { join } from "node:path";
import { dump } from "js-yaml";
import schema from "../schemas/substrate.schema.json";
import { jsonOr } from "./json";
import { DefinitionError, type Fault, type Path } from "./faults";
import type { Source } from "./yaml";
import { readYamlIfThere } from "./read";

/** Name of the Pulumi project, which prefixes every configuration key. */
export const PROJECT = "tenant-hypervisors";

/** Prefix of our configuration keys; no template literal, since `pulumi new` replaces its words wherever a project has them. */
export const PREFIX = PROJECT + ":";

/** Keys of ours that hold secrets, which Pulumi keeps encrypted (docs/core-router.md): they are no part of a substrate. */
export const SECRET_KEYS = ["routerApiKey", "routerApiSecret"];

/** Name of a substrate's stack file, relative to the project. */
export function stackFileOf(substrate: string): string {
    return `Pulumi.${substrate}.yaml`;
}

/**
 * A substrate's configuration as a source: the keys of our project without their prefix. Where Pulumi hands the
 * configuration over, its values count, and the file gives the lines only.
 *
 * @throws DefinitionError when there is no stack file, it is not a mapping with `config`, or it has a secret in plain text.
 */
export function stackSource(from: {
    root: string;
    substrate: string;
    config?: Readonly<Record<string, string>>;
}): Source {
    const file = stackFileOf(from.substrate);
    const path = join(from.root, file);
    const parsed = readYamlIfThere(file, path);
    if (from.config === undefined && parsed === undefined) {
        throw new DefinitionError([
            { file, path: "", message: `no such file: ${from.substrate} is no substrate here` },
        ]);
    }
    const lineOf = (at: Path) => parsed?.lineOf(inFile(at));
    const inPlain = SECRET_KEYS.filter((key) => typeof plainly(parsed?.value, key) === "string");
    if (inPlain.length > 0) {
        throw new DefinitionError(inPlain.map((key) => inPlainText(file, key, lineOf([key]))));
    }
    return { file, value: decode(from.config ?? configOf(file, parsed?.value)), lineOf };
}

function inPlainText(file: string, key: string, line: number | undefined): Fault {
    const message =
        "a secret in plain text: have the router make another key (System > Access > Users), and set it with " +
        `\`pulumi config set --secret ${key}\``;
    return { file, path: key, message, ...(line !== undefined && { line }) };
}

/** Value of one of our keys as a stack file has it. */
function plainly(file: unknown, key: string): unknown {
    return (file as { config?: Readonly<Record<string, unknown>> } | null | undefined)?.config?.[`${PREFIX}${key}`];
}

function inFile([key, ...rest]: Path): Path {
    return key === undefined ? ["config"] : ["config", `${PREFIX}${key}`, ...rest];
}

function configOf(file: string, value: unknown): Record<string, unknown> {
    const config = (value as { config?: unknown } | null)?.config;
    if (typeof config !== "object" || config === null || Array.isArray(config)) {
        throw new DefinitionError([
            { file, path: "config", message: "missing, or not a mapping of configuration keys" },
        ]);
    }
    return { ...config };
}

/**
 * Our own keys, with values of the types that the schema asks for: Pulumi hands every value to a program as text, and
 * the CLI writes numbers into a stack file as text too.
 */
function decode(config: Readonly<Record<string, unknown>>): Record<string, unknown> {
    const properties: Record<string, { type?: string }> = schema.properties;
    return Object.fromEntries(
        Object.entries(config)
            .filter(([key]) => key.startsWith(PREFIX) && !SECRET_KEYS.includes(key.slice(PREFIX.length)))
            .map(([fullKey, value]) => {
                const key = fullKey.slice(PREFIX.length);
                const asIs = typeof value !== "string" || properties[key]?.type === "string";
                return [key, asIs ? value : jsonOr(value, value)];
            }),
    );
}

/** Text of a stack file with our own keys alone. */
export function stackText(substrate: object): string {
    const config = Object.entries(substrate).map(([key, value]) => [`${PREFIX}${key}`, value as unknown] as const);
    return dump({ config: Object.fromEntries(config) }, { lineWidth: -1 });
}

/** A value without what Pulumi encrypted in it: a mapping of the one key `secure` (config/object.go of its SDK). */
export function withoutSecrets(value: unknown): unknown {
    if (Array.isArray(value)) {
        return value.filter((item) => !isSecret(item)).map(withoutSecrets);
    }
    if (typeof value !== "object" || value === null) {
        return value;
    }
    const plain = Object.entries(value).filter(([, item]) => !isSecret(item));
    return Object.fromEntries(plain.map(([key, item]) => [key, withoutSecrets(item)]));
}

function isSecret(value: unknown): boolean {
    return typeof value === "object" && value !== null && Object.keys(value).join() === "secure";
}
