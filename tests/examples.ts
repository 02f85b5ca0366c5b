import { join, resolve } from "node:path";

/** Names of the examples: of a folder, and of the substrate in it. */
export const EXAMPLES = ["flat", "home", "school"] as const;

/** Folder of an example. */
export function exampleFolder(name: (typeof EXAMPLES)[number]): string {
    return join(resolve(__dirname, "../examples"), name);
}
