/** Each in needs.js. */
export type Need = "pulumi" | "lab" | "host" | "plane" | "state-backends" | "browser" | "test";
export const BUILT: readonly string[];
export const NAMES: readonly Need[];
export function partsOf(needs: readonly string[]): string[];
