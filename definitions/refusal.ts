/**
 * Something that the program cannot do, in words that a person can act on: its message is all that is shown, without a stack trace. Base
 * of every error that is a person's to settle; any other error is a fault of the program.
 */
export class Refusal extends Error {}
