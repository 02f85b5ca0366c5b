import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Text of a script that a host is given. @param root folder of the project. */
export function hostScript(root: string, name: "bootstrap.sh" | "facts.sh"): string {
    return readFileSync(join(root, "host", "ansible", name), "utf8");
}
