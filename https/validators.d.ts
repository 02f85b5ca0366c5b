import type { ValidateFunction } from "ajv/dist/2020";

/** Validators of what other machines answer. */
declare const validators: Readonly<Record<"node" | "vm", ValidateFunction>>;
export = validators;
