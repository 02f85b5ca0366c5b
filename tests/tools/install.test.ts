import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { BuildError, buildPart } from "../../tools/build";
import { findOnMachine } from "../../tools/machine";
import { BIN, parts, type Part } from "../../tools/parts";

jest.setTimeout(60_000);

let folder: string;
const environment = { ...process.env };

beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "tools-"));
    jest.spyOn(console, "log").mockImplementation(() => undefined);
});
afterEach(() => {
    process.env = { ...environment };
    jest.restoreAllMocks();
    rmSync(folder, { recursive: true, force: true });
});

function part(binary: string): Part {
    return parts.find((candidate) => candidate.binary === binary)!;
}

/** Puts a program on PATH, alone, that prints a version as an official one does. */
function official(binary: string, version: string): string {
    const file = join(folder, binary);
    writeFileSync(file, `#!/bin/sh\necho v${version}\n`);
    chmodSync(file, 0o755);
    process.env["PATH"] = [folder, "/usr/bin", "/bin"].join(delimiter);
    return file;
}

describe("what is on the machine already", () => {
    test("an official CLI of the pinned version is used, with the language host beside it", () => {
        const cli = official("pulumi", part("pulumi").version);
        const host = official("pulumi-language-nodejs", "3.259.0");
        expect(findOnMachine(part("pulumi"))).toBe(cli);
        expect(findOnMachine(part("pulumi-language-nodejs"))).toBe(host);
    });

    test("a CLI of another version is not", () => {
        official("pulumi", "3.100.0");
        expect(findOnMachine(part("pulumi"))).toBeUndefined();
    });

    test("a plugin that the CLI downloaded is used", () => {
        process.env["PULUMI_HOME"] = folder;
        const plugin = join(folder, "plugins", "resource-proxmoxve-v8.6.0");
        mkdirSync(plugin, { recursive: true });
        writeFileSync(join(plugin, "pulumi-resource-proxmoxve"), "");
        expect(findOnMachine(part("pulumi-resource-proxmoxve"))).toBe(plugin);
        expect(findOnMachine(part("pulumi-resource-command"))).toBeUndefined();
    });

    test("what was built here does not count as the machine's", () => {
        process.env["PATH"] = BIN;
        process.env["PULUMI_HOME"] = folder;
        expect(parts.map(findOnMachine)).toEqual([undefined, undefined, undefined, undefined]);
    });
});

describe("a build that fails", () => {
    test("a broken download says what to do, and leaves nothing behind", async () => {
        Object.assign(process.env, {
            GOPROXY: "http://127.0.0.1:9",
            GOMODCACHE: join(folder, "mod"),
            GOFLAGS: "-modcacherw",
        });
        const target = join(folder, "pulumi-language-nodejs");
        const failure = buildPart(part("pulumi-language-nodejs"), target);
        await expect(failure).rejects.toThrow(BuildError);
        await expect(failure).rejects.toThrow(/could not be downloaded[^]*127\.0\.0\.1:9[^]*run `make tools` again/);
    });

    test("a machine without Go is told to install it", async () => {
        process.env["PATH"] = folder;
        await expect(buildPart(part("pulumi"), join(folder, "pulumi"))).rejects.toThrow(
            /Go, which would build it, is not on PATH\. Install Go/,
        );
    });
});
