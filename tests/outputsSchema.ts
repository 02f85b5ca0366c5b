import Ajv2020 from "ajv/dist/2020";
import schema from "../schemas/outputs.schema.json";

const validate = new Ajv2020({ allErrors: true, strict: true }).compile(schema);

/** Faults of what `pulumi stack output --json` printed by schemas/outputs.schema.json. */
export function outputFaults(outputs: unknown): string[] {
    return validate(outputs) ? [] : validate.errors!.map(({ instancePath, message }) => `${instancePath} ${message}`);
}
