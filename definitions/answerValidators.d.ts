import type { ValidateFunction } from "ajv/dist/2020";

/** Validators of what other machines and the Pulumi CLI answer. */
declare const validators: Readonly<Record<"node" | "state" | "vm", ValidateFunction>>;
export = validators;
