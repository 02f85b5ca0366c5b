import { closest, distance } from "fastest-levenshtein";

/** Words further apart than this share of what was typed are no slip of the finger. */
const TOLERANCE = 0.4;

/** A half-sentence that names the allowed word nearest to what was typed, or nothing where none is near. */
export function suggestion(typed: string, allowed: readonly string[]): string {
    const word = typed.toLowerCase();
    const swapped = allowed.find((candidate) => sortedLetters(candidate) === sortedLetters(word));
    const nearest = swapped ?? (allowed.length === 0 ? "" : closest(word, allowed));
    const near = swapped !== undefined || distance(word, nearest) <= typed.length * TOLERANCE;
    return near && nearest !== "" ? `; did you mean ${nearest}?` : "";
}

function sortedLetters(word: string): string {
    return [...word.toLowerCase()].sort().join("");
}
