import { existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, relative } from "node:path";
import { ROOT } from "../../definitions/project/read";

/** Files that Pulumi, its SDK (router/resources.ts) and an editor that checks a tenant's file look for in a project's folder. */
const LINKS = [
    "Pulumi.yaml",
    "main.js",
    "package.json",
    "tsconfig.json",
    "node_modules",
    "policy",
    "router",
    "schemas",
    "start",
];

/** Name of the folder of the CLI's own log in its home. */
export const LOGS = "logs";

/** Makes a folder one that Pulumi runs the program in, by links to it; stack files and tenants are still to come. */
export function linkProgram(folder: string): void {
    mkdirSync(folder, { recursive: true });
    LINKS.filter((name) => !existsSync(join(folder, name))).forEach((name) =>
        symlinkSync(relative(folder, join(ROOT, name)), join(folder, name)),
    );
}

/**
 * Makes a home of Pulumi's own in a folder; of the person's, the published plugins alone are used.
 *
 * The CLI keeps no log of its own there, which is half of its time in a preview: where a file has the name of the log's folder,
 * it goes on without (StartLogging in pkg/logging/encrypted.go of Pulumi 3.259.0).
 */
export function makePulumiHome(folder: string): void {
    mkdirSync(folder, { recursive: true });
    if (!existsSync(join(folder, LOGS))) {
        writeFileSync(join(folder, LOGS), "");
    }
    // In a shell that sourced .lab/env, PULUMI_HOME is the lab's.
    const homes = [process.env["PULUMI_HOME"], join(homedir(), ".pulumi")].filter((home) => home && home !== folder);
    const plugins = homes.map((home) => join(home!, "plugins")).find((one) => existsSync(one));
    if (plugins !== undefined && !existsSync(join(folder, "plugins"))) {
        symlinkSync(plugins, join(folder, "plugins"));
    }
}
