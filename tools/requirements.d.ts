/** Each in requirements.js. */
export const OLDEST_GO: string;
export function lacking(parts: readonly string[], builds: boolean): string[];
export function onPath(program: string): string[];
export function table(): string;
