import type { ValidateFunction } from "ajv/dist/2020";
import { createRequire } from "node:module";
import { compileFunction } from "node:vm";
import routerVarsSchema from "../schemas/router-vars.schema.json";
import substrateSchema from "../schemas/substrate.schema.json";
import tenantSchema from "../schemas/tenant.schema.json";
import { kept } from "../start/kept";

const schemas = { tenant: tenantSchema, substrate: substrateSchema, routerVars: routerVarsSchema };

/** What a definition may be. */
export type Kind = keyof typeof schemas;

/** Defaults of the schemas are filled in, so that a definition that passes has every field. */
const OPTIONS = { allErrors: true, verbose: true, useDefaults: true, strict: true, code: { source: true } };

/** Loads what is not needed in every run. */
const load = createRequire(__filename);

const validators = new Map<Kind, ValidateFunction>();

/**
 * The validator of a kind. Ajv writes it as code, which takes longer than all else that the model does: what it wrote is
 * kept, and read until the schema or Ajv changes.
 */
export function validatorOf(kind: Kind): ValidateFunction {
    const known = validators.get(kind) ?? made(kind);
    validators.set(kind, known);
    return known;
}

function made(kind: Kind): ValidateFunction {
    const { version } = load("ajv/package.json") as { version: string };
    const code = kept(`validators/${kind}`, JSON.stringify([version, OPTIONS, schemas[kind]]), () => {
        const { default: standaloneCode } = load("ajv/dist/standalone") as typeof import("ajv/dist/standalone");
        const ajv = compiler();
        return standaloneCode(ajv, ajv.compile(schemas[kind]));
    });
    const module = { exports: {} };
    // Never by its file, which is another's where nothing can be kept.
    const run = compileFunction(code, ["module", "exports", "require"]) as (...args: readonly unknown[]) => void;
    run(module, module.exports, load);
    return module.exports as ValidateFunction;
}

function compiler() {
    const { default: Ajv2020 } = load("ajv/dist/2020") as typeof import("ajv/dist/2020");
    const ajv = new Ajv2020(OPTIONS);
    ajv.addVocabulary(["patternErrorMessage"]);
    return ajv;
}
