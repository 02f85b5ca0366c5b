import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { Refusal, shown } from "../refusal";

/** Folder of the program. */
export const ROOT = resolve(__dirname, "..", "..");

/**
 * Folder in which Pulumi runs, with Pulumi.yaml, the stack files and tenants/: the program's own, unless TENANTS_PROJECT names
 * another, as the file does that `tenants lab` writes.
 *
 * @throws Refusal where that is no such folder.
 */
export function definitions(): string {
    const folder = process.env["TENANTS_PROJECT"];
    if (!folder) {
        return ROOT;
    }
    if (!existsSync(join(folder, "Pulumi.yaml"))) {
        throw new Refusal(
            `TENANTS_PROJECT is ${shown(folder)}, which has no Pulumi.yaml: start \`tenants lab\`, or unset the variable`,
        );
    }
    return resolve(folder);
}
