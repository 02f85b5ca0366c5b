import type { ValidateFunction } from "ajv/dist/2020";

/** Validators of the schemas; defaults are filled in, so that a definition that passes has every field. */
declare const validators: Readonly<Record<"tenant" | "substrate" | "routerVars" | "drift", ValidateFunction>>;
export = validators;
