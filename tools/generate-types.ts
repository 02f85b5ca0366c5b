/**
 * Writes what is generated from schemas/: the TypeScript types of definitions, and validators of definitions and answers, since Ajv takes longer to write
 * one than the program to do all else with it. With --check it says instead what is stale.
 */
import Ajv2020, { type AnySchemaObject, type Options } from "ajv/dist/2020";
import standaloneCode from "ajv/dist/standalone";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { compile, type JSONSchema } from "json-schema-to-typescript";

const TYPED = ["tenant", "substrate", "router-vars", "outputs"];
const VALIDATED = { tenant: "tenant", substrate: "substrate", routerVars: "router-vars", drift: "output/drift" };
const ANSWERS = { node: "answers/node", state: "answers/state", vm: "answers/vm" };
const BANNER = "// Generated from schemas/ by `make types`: change the schema, not this file.\n";

async function main(): Promise<void> {
    const types = await Promise.all(TYPED.map(typesOf));
    keep("definitions/definitions.ts", `${BANNER}\n${types.join("\n")}`);
    keep("definitions/validators.js", `${BANNER}${validators(VALIDATED, { allErrors: true, useDefaults: true })}\n`);
    keep("definitions/answerValidators.js", `${BANNER}${validators(ANSWERS)}\n`);
}

/** Writes a file, or says that it is stale. */
function keep(file: string, text: string): void {
    if (!process.argv.includes("--check")) {
        writeFileSync(file, text);
    } else if (!existsSync(file) || readFileSync(file, "utf8") !== text) {
        console.error(`${file} is stale: run \`make types\` and commit it.`);
        process.exitCode = 1;
    }
}

function textOf(name: string): string {
    return readFileSync(`schemas/${name}.schema.json`, "utf8");
}

async function typesOf(name: string): Promise<string> {
    const schema = JSON.parse(textOf(name), requireDefaulted) as JSONSchema;
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

/** No validator says what only documents a schema. */
function withoutProse(key: string, value: unknown): unknown {
    return typeof value === "string" && ["$schema", "title", "description"].includes(key) ? undefined : value;
}

function validators(schemas: Readonly<Record<string, string>>, options: Options = {}): string {
    const ajv = new Ajv2020({ ...options, verbose: true, strict: true, code: { source: true } });
    ajv.addVocabulary(["patternErrorMessage"]);
    for (const [name, file] of Object.entries(schemas)) {
        ajv.addSchema({ ...(JSON.parse(textOf(file), withoutProse) as AnySchemaObject), $id: name });
    }
    return standaloneCode(ajv, Object.fromEntries(Object.keys(schemas).map((name) => [name, name])));
}

void main();
