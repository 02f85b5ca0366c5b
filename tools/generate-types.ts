/**
 * Writes definitions/definitions.ts, the TypeScript types of the schemas; with --check says instead whether it is stale.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { compile, type JSONSchema } from "json-schema-to-typescript";

const SCHEMAS = ["tenant", "substrate", "router-vars", "outputs"].map((name) => `schemas/${name}.schema.json`);
const TARGET = "definitions/definitions.ts";
const BANNER = "// Generated from schemas/ by `make types`: change the schema, not this file.\n\n";

async function main(): Promise<void> {
    const types = await Promise.all(SCHEMAS.map(typesOf));
    const text = BANNER + types.join("\n");
    if (!process.argv.includes("--check")) {
        writeFileSync(TARGET, text);
    } else if (readFileSync(TARGET, "utf8") !== text) {
        console.error(`${TARGET} is stale: run \`make types\` and commit it.`);
        process.exitCode = 1;
    }
}

async function typesOf(file: string): Promise<string> {
    const schema = JSON.parse(readFileSync(file, "utf8"), requireDefaulted) as JSONSchema;
    return compile(schema, "", {
        bannerComment: "",
        ignoreMinAndMaxItems: true,
        style: { tabWidth: 4, printWidth: 120 },
        cwd: "schemas",
    });
}

/** The types describe a checked definition, in which every field with a default has a value. */
function requireDefaulted(_key: string, node: unknown): unknown {
    const schema = node as { properties?: Record<string, { default?: unknown }>; required?: string[] } | null;
    if (schema?.properties !== undefined && !Array.isArray(schema.properties)) {
        const defaulted = Object.entries(schema.properties).filter(([, property]) => "default" in property);
        schema.required = [...(schema.required ?? []), ...defaulted.map(([name]) => name)];
    }
    return node;
}

void main();
