import { join, resolve } from "node:path";

/** Folders of examples, each with the substrates in it. */
export const EXAMPLES = {
    deevnet: ["home", "mobile"],
    flat: ["flat"],
    home: ["home"],
    school: ["school"],
} as const;

export type Example = keyof typeof EXAMPLES;

/** Every substrate of an example, behind its folder. */
export const SITES = Object.entries(EXAMPLES).flatMap(([folder, names]) =>
    names.map((name) => [folder as Example, name] as const),
);

/** Folder of an example. */
export function exampleFolder(name: Example): string {
    return join(resolve(__dirname, "../examples"), name);
}
