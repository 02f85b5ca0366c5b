/** Each in node.js. */
export const OLDEST: string;
export function refuseOld(): void;
