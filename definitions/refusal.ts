/**
 * Something that the program cannot do, in words that a person can act on: its message is all that is shown, without a stack trace. Base
 * of every error that is a person's to settle; any other error is a fault of the program.
 */
export class Refusal extends Error {}

/** Longest part of what was typed that is shown again. */
const SHOWN = 60;

/** Typed text as it may stand in a message: in one line, and short. */
export function shown(typed: string): string {
    const short = typed.length > SHOWN ? `${typed.slice(0, SHOWN)}...` : typed;
    // Escapes of a terminal, line ends, and what was no UTF-8.
    return /^[^\p{C}\uFFFD]+$/u.test(short) ? short : JSON.stringify(short).replace(/[\p{C}\uFFFD]/gu, "?");
}
