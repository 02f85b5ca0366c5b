import { masked, printed } from "./printed";

/**
 * Something that the program cannot do, in words that a person can act on: its message is all that is shown, without a stack trace. Base
 * of every error that is a person's to settle; any other error is a fault of the program.
 *
 * Much of a message was written by others, and it is shown in many places: it is made fit for that here.
 */
export class Refusal extends Error {
    constructor(message: string) {
        super(printed(message));
    }
}

/** Longest part of what was typed that is shown again. */
const SHOWN = 60;

/** Typed text as it may stand in a message: in one line, and short. */
export function shown(typed: string): string {
    // Before it is cut: of half a secret nobody would know that it is one.
    const whole = masked(typed);
    const short = whole.length > SHOWN ? `${whole.slice(0, SHOWN)}...` : whole;
    // Escapes of a terminal, line ends, and what was no UTF-8.
    return /^[^\p{C}\uFFFD]+$/u.test(short) ? short : JSON.stringify(short).replace(/[\p{C}\uFFFD]/gu, "?");
}
