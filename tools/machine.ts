import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import { BIN, parts, type Part } from "./parts";

/** Where the machine has a part in the pinned version, outside of what is built here; undefined where it has none. */
export function findOnMachine(part: Part): string | undefined {
    switch (part.kind) {
        case "cli":
            return officialCli();
        case "language-host":
            return besideOfficialCli(part.binary);
        case "server":
            return onPath(part.binary).find((file) => versionOf(file, "--version") === part.version);
        case "plugin":
            return (
                installedPlugin(part) ??
                onPath(part.binary).find((file) => versionOf(file, "--version") === part.version)
            );
    }
}

function officialCli(): string | undefined {
    const [cli] = parts;
    return onPath("pulumi").find((file) => versionOf(file, "version") === cli!.version);
}

/** A program that the official distribution ships in the folder of the CLI; undefined where the CLI is not that one. */
export function besideOfficialCli(binary: string): string | undefined {
    const cli = officialCli();
    const file = cli && join(dirname(cli), binary);
    return file !== undefined && existsSync(file) ? file : undefined;
}

/** The CLI keeps the plugins that it downloaded in its home folder. */
function installedPlugin(part: Part): string | undefined {
    const home = process.env["PULUMI_HOME"] ?? join(homedir(), ".pulumi");
    const folder = join(home, "plugins", part.binary.replace("pulumi-resource-", "resource-") + `-v${part.version}`);
    return existsSync(join(folder, part.binary)) ? folder : undefined;
}

function onPath(binary: string): string[] {
    return (process.env["PATH"] ?? "")
        .split(delimiter)
        .filter((folder) => folder !== "" && resolve(folder) !== BIN)
        .map((folder) => join(folder, binary))
        .filter((file) => existsSync(file));
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
