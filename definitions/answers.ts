import { shown } from "./refusal";
import validators from "./answerValidators";

/** An answer that is not what was asked for; the message says what came, as in `"vmid" of data[3] is text`. */
export class UnexpectedAnswerError extends Error {}

/**
 * The value of a JSON text.
 *
 * @param revive as JSON.parse has it.
 * @throws UnexpectedAnswerError with the beginning of what is none.
 */
export function jsonIn(text: string, revive?: (key: string, value: unknown) => unknown): unknown {
    try {
        return JSON.parse(text, revive) as unknown;
    } catch {
        throw new UnexpectedAnswerError(text.trim() === "" ? "it is empty" : `it is no JSON: ${shown(text.trim())}`);
    }
}

/**
 * Holds what came to its shape (schemas/answers/).
 *
 * @param name the value in the message, such as `data`.
 * @throws UnexpectedAnswerError with the first place that is not as it must be.
 */
export function requireShape(schema: keyof typeof validators, value: unknown, name: string): void {
    const validate = validators[schema];
    if (!validate(value)) {
        const { instancePath, message, data } = validate.errors![0]!;
        const place = instancePath
            .split("/")
            .slice(1)
            .map((step) => (/^\d+$/.test(step) ? `[${step}]` : `.${step}`));
        throw new UnexpectedAnswerError(
            `${name}${place.join("")} ${message}, and is ${shown(JSON.stringify(data) ?? "nothing")}`,
        );
    }
}
