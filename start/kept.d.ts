/** Code that was made from a source, and the file that it is kept in where that can be written. */
export interface Kept {
    readonly file: string;
    readonly code: string;
}

/** See kept.js. */
export function kept(name: string, source: string, make: () => string): Kept;
