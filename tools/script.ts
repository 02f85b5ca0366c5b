import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { besideOfficialCli } from "./machine";

/** A program of a few lines that the official distribution has beside the CLI, and that is written here where it lacks. */
export interface Script {
    readonly binary: string;
    readonly text: string;
}

/**
 * Starts the SDK's own provider of dynamic resources, that of the program in whose folder Pulumi runs. The CLI looks for it
 * by this name, and hands it the address of the engine.
 */
export const dynamicProvider: Script = {
    binary: "pulumi-resource-pulumi-nodejs",
    text: `#!/bin/sh
provider=$(node -p "require.resolve('@pulumi/pulumi/cmd/dynamic-provider')") || exit 1
exec node "$provider" "$@"
`,
};

/**
 * Puts a script into a folder, unless the official CLI has it; gives back what was done, in a few words.
 *
 * @param folder where the project keeps its programs.
 */
export function installScript({ binary, text }: Script, folder: string): string {
    const target = join(folder, binary);
    const found = besideOfficialCli(binary);
    if (found !== undefined) {
        rmSync(target, { force: true });
        return `${binary}: using ${found}`;
    }
    writeScript(target, text);
    return `${binary}: written`;
}

/** Writes a script that can be started; what else has its name goes. */
export function writeScript(target: string, text: string): void {
    if (!existsSync(target) || readFileSync(target, "utf8") !== text) {
        rmSync(target, { force: true });
        writeFileSync(target, text);
    }
    chmodSync(target, 0o755);
}
