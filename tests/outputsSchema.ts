import Ajv2020 from "ajv/dist/2020";
import schema from "../schemas/outputs.schema.json";

const validate = new Ajv2020({ allErrors: true, strict: true }).compile(schema);

/** What is not as schemas/outputs.schema.json says in what `pulumi stack output --json` printed. */
export function outputFaults(outputs: unknown): string[] {
    return validate(outputs) ? [] : validate.errors!.map(({ instancePath, message }) => `${instancePath} ${message}`);
}
