import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { readYamlIfThere } from "../read";
import { Refusal, shown } from "../refusal";
import { stackFileOf } from "../stackFile";

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

/**
 * URL of the key service that encrypts a stack's secrets, as its stack file says; undefined where a passphrase or Pulumi Cloud does. A
 * command that may make the stack must name it: else the CLI asks for a passphrase (createSecretsManagerForNewStack in
 * pkg/cmd/pulumi/stack/io.go of Pulumi 3.259.0).
 */
export function keyServiceOf(stack: string): string | undefined {
    const file = stackFileOf(stack);
    const { value } = readYamlIfThere(file, join(definitions(), file)) ?? {};
    const { secretsprovider } = (value ?? {}) as { secretsprovider?: unknown };
    return typeof secretsprovider === "string" && secretsprovider.includes("://") ? secretsprovider : undefined;
}
