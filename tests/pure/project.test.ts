import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { PROJECT } from "../../definitions/stackFile";
import { parseYaml } from "../../definitions/yaml";
import substrateSchema from "../../schemas/substrate.schema.json";

const ROOT = resolve(__dirname, "..", "..");

interface ProjectFile {
    readonly name: string;
    readonly config: Record<string, { type: string; description: string; default?: unknown }>;
}

const project = parseYaml("Pulumi.yaml", readFileSync(resolve(ROOT, "Pulumi.yaml"), "utf8")).value as ProjectFile;

test("the project's name is the prefix that the model takes off configuration keys", () => {
    expect(project.name).toBe(PROJECT);
});

test("Pulumi.yaml declares the keys of the substrate schema, with the same types and defaults", () => {
    const properties: Record<string, { type: string; default?: unknown }> = substrateSchema.properties;
    const declared = Object.entries(project.config).map(([key, { type, default: value }]) => [key, type, value]);
    expect(declared).toEqual(Object.entries(properties).map(([key, schema]) => [key, schema.type, schema.default]));
});

test("index.ts reads as a table of contents: under 60 lines", () => {
    expect(readFileSync(resolve(ROOT, "index.ts"), "utf8").split("\n").length).toBeLessThan(60);
});

test("every field of every schema has a description", () => {
    const missing: string[] = [];
    const walk = (schema: unknown, path: string) => {
        for (const [key, value] of Object.entries((schema ?? {}) as Record<string, unknown>)) {
            if (key === "properties") {
                for (const [name, property] of Object.entries(value as Record<string, { description?: string }>)) {
                    if (!property.description) {
                        missing.push(`${path}.${name}`);
                    }
                }
            }
            if (typeof value === "object") {
                walk(value, `${path}.${key}`);
            }
        }
    };
    walk(substrateSchema, "substrate");
    expect(missing).toEqual([]);
});
