import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Text of a style sheet or script that stands in this folder. */
export function partText(name: "page.css" | "shapes.css" | "keyboard.js"): string {
    return readFileSync(join(__dirname, name), "utf8");
}
