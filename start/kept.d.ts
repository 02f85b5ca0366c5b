/** See kept.js. */
export function kept(name: string, source: string, make: () => string): string;
