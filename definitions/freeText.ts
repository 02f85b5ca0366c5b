import type { Path } from "./faults";

/**
 * Characters that no text of a definition has: those that steer a terminal, a web page or a log where the text is shown, and those that turn
 * the order in which it is read. Line ends and tabs are none, nor what joins the parts of a letter or a picture.
 */
const STEERING = /[^\P{Cc}\n\t]|\p{Bidi_Control}|\p{Zl}|\p{Zp}/u;

/** Texts of a value that have such a character: where, and what is wrong. */
export function steeringTexts(value: unknown, path: Path = []): { readonly path: Path; readonly message: string }[] {
    if (typeof value === "string") {
        const found = STEERING.exec(value);
        return found === null ? [] : [{ path, message: messageOf(found[0], found.index) }];
    }
    if (typeof value !== "object" || value === null) {
        return [];
    }
    const steps: [string | number, unknown][] = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
    return steps.flatMap(([step, one]) => steeringTexts(one, [...path, step]));
}

function messageOf(character: string, at: number): string {
    const code = character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0");
    const does = /\p{Bidi_Control}/u.test(character)
        ? "turns the order in which the text is shown"
        : "is no part of a text, and steers what shows it";
    return `U+${code} at character ${at + 1} ${does}; take it out`;
}
