import { closest, distance } from "fastest-levenshtein";

/** Words further apart than this share of what was typed are no slip of the finger. */
const TOLERANCE = 0.4;

/** A half-sentence that names the allowed word nearest to what was typed, whatever the case; or nothing where none is near. */
export function suggestion(typed: string, allowed: readonly string[]): string {
    const word = typed.toLowerCase();
    const words = allowed.map((candidate) => candidate.toLowerCase());
    const swapped = words.find((candidate) => sortedLetters(candidate) === sortedLetters(word));
    const nearest = swapped ?? (words.length === 0 ? "" : closest(word, words));
    const near = swapped !== undefined || distance(word, nearest) <= typed.length * TOLERANCE;
    return near && nearest !== "" ? `; did you mean ${allowed[words.indexOf(nearest)]}?` : "";
}

function sortedLetters(word: string): string {
    return [...word].sort().join("");
}
