import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { cli, type Part } from "./parts";
import { versionOfPlugin } from "./plugins";
import { onPath } from "./requirements";

/** Where the machine has a part in the pinned version, outside of what is built here; undefined where it has none. */
export async function findOnMachine(part: Part): Promise<string | undefined> {
    switch (part.kind) {
        case "cli":
            return officialCli();
        case "language-host":
            return besideOfficialCli(part.binary);
        case "server":
            return onPath(part.binary).find((file) => versionOf(file, "--version") === part.version);
        case "plugin":
            return installedPlugin(part) ?? (await pluginOnPath(part));
    }
}

async function pluginOnPath({ binary, version }: Part): Promise<string | undefined> {
    for (const file of onPath(binary)) {
        if ((await versionOfPlugin(file)) === version) {
            return file;
        }
    }
    return undefined;
}

/** The CLI of another version that the machine has, in words that tell what to do; undefined where it has none. */
export function otherCli(): string | undefined {
    const { version } = cli;
    const [file] = onPath("pulumi");
    const own = file === undefined || officialCli() !== undefined ? undefined : versionOf(file, "version");
    return own === undefined
        ? undefined
        : `pulumi: ${file} is ${own}, which is not used: the project is tested with ${version} ` +
              `(curl -fsSL https://get.pulumi.com | sh -s -- --version ${version})`;
}

/** The official CLI of the pinned version; undefined where the machine has none. */
export function officialCli(): string | undefined {
    return onPath("pulumi").find((file) => versionOf(file, "version") === cli.version);
}

/** A program that the official distribution ships in the folder of the CLI; undefined where the CLI is not that one. */
export function besideOfficialCli(binary: string): string | undefined {
    const official = officialCli();
    const file = official && join(dirname(official), binary);
    return file !== undefined && existsSync(file) ? file : undefined;
}

/** The CLI keeps the plugins that it downloaded in its home folder. */
function installedPlugin(part: Part): string | undefined {
    const home = process.env["PULUMI_HOME"] ?? join(homedir(), ".pulumi");
    const folder = join(home, "plugins", part.binary.replace("pulumi-resource-", "resource-") + `-v${part.version}`);
    // A download that was broken off leaves a note beside what it unpacked.
    return existsSync(join(folder, part.binary)) && !existsSync(`${folder}.partial`) ? folder : undefined;
}

function versionOf(file: string, flag: string): string | undefined {
    try {
        const printed = execFileSync(file, [flag], {
            encoding: "utf8",
            timeout: 30_000,
            stdio: ["ignore", "pipe", "ignore"],
        });
        return /v?(\d+\.\d+\.\d+\S*)/.exec(printed)?.[1];
    } catch {
        return undefined;
    }
}
