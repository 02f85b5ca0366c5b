/** A command that was called wrongly: its message and a usage line are printed, and it ends with EX_USAGE. */
export class UsageError extends Error {}

export { Refusal } from "../../definitions/refusal";

/** Longest part of what was typed that is shown again. */
const SHOWN = 60;

/** Typed text as it may stand in a message: in one line, and short. */
export function shown(typed: string): string {
    const short = typed.length > SHOWN ? `${typed.slice(0, SHOWN)}...` : typed;
    // Escapes of a terminal, line ends, and what was no UTF-8.
    return /^[^\p{C}\uFFFD]+$/u.test(short) ? short : JSON.stringify(short).replace(/[\p{C}\uFFFD]/gu, "?");
}
