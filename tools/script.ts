import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { besideOfficialCli } from "./machine";

/** A program of a few lines that the official distribution has beside the CLI, and that is written here where it lacks. */
export interface Script {
    readonly binary: string;
    readonly text: string;
}

/**
 * Starts the SDK's own provider of dynamic resources, that of the program in whose folder Pulumi runs. The CLI looks for it
 * by this name, and hands it the address of the engine. Node.js is asked where the SDK lies, which takes a start of its own,
 * where npm put it elsewhere alone. What costs most of its start is loaded before it.
 */
export const dynamicProvider: Script = {
    binary: "pulumi-resource-pulumi-nodejs",
    text: `#!/bin/sh
provider=$PWD/node_modules/@pulumi/pulumi/cmd/dynamic-provider
[ -d "$provider" ] || provider=$(node -p "require.resolve('@pulumi/pulumi/cmd/dynamic-provider')") || exit 1
if [ -f start/preload.js ]; then
    exec node --require ./start/preload.js "$provider" "$@"
fi
exec node "$provider" "$@"
`,
};

/**
 * Where a script is, in a few words: the official CLI's own, which one that was written earlier does not hide, or the one
 * that was written here; undefined where it is to be written.
 *
 * @param folder where the project keeps its programs.
 */
export function foundScript({ binary, text }: Script, folder: string): string | undefined {
    const target = join(folder, binary);
    const official = besideOfficialCli(binary);
    if (official !== undefined) {
        rmSync(target, { force: true });
        return `using ${official}`;
    }
    return existsSync(target) && readFileSync(target, "utf8") === text ? "written" : undefined;
}

/** Writes a script that can be started; what else has its name goes. */
export function writeScript(target: string, text: string): void {
    rmSync(target, { force: true });
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, text, { mode: 0o755 });
}
