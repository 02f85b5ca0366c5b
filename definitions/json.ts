/** The value of a JSON text, or something else where the text is none. */
export function jsonOr(text: string, otherwise: unknown): unknown {
    try {
        return JSON.parse(text) as unknown;
    } catch {
        return otherwise;
    }
}
