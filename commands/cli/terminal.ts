import { printed, printedJson } from "../../definitions/printed";

/** How much a run says, and where: set once, from its options. All that a command prints passes through this file. */
const mode = { json: false, quiet: false };

/** @param given `json`: standard output is for JSON alone; `quiet`: no notes. */
export function speak(given: { readonly json: boolean; readonly quiet: boolean }): void {
    Object.assign(mode, given);
}

/** A line of what a command tells a person; beside JSON it goes to standard error. */
export function tell(line: string): void {
    if (!mode.json) {
        console.log(printed(line));
    } else if (!mode.quiet) {
        console.error(printed(line));
    }
}

/** A line about how far a run is, or what it leaves out: on standard error, and not with --quiet. */
export function note(line: string): void {
    if (!mode.quiet) {
        console.error(printed(line));
    }
}

/** A line that is told whatever is printed beside it: what went wrong. */
export function complain(line: string): void {
    console.error(printed(line));
}

/** Prints the result of a command: its JSON, or its text, which is made where it is wanted; nothing where it is empty. */
export function answer(json: unknown, text: () => string = () => ""): void {
    const said = mode.json ? printedJson(json) : printed(text());
    if (said !== "") {
        console.log(said);
    }
}

/** Columns that a table may have: those of the terminal, and no bound in a pipe or a file. */
export function width(): number {
    return process.stdout.isTTY ? Math.max(process.stdout.columns || 80, 40) : Infinity;
}
