/** A command that was called wrongly: its message and a usage line are printed, and it ends with EX_USAGE. */
export class UsageError extends Error {}

export { Refusal, shown } from "../../definitions/refusal";
