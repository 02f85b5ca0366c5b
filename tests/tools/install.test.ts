import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { BuildError, buildPart } from "../../tools/build";
import { installSystem } from "../../tools/debianSystem";
import { findOnMachine } from "../../tools/machine";
import { BIN, parts, type Part } from "../../tools/parts";
import { dynamicProvider, installScript, writeScript } from "../../tools/script";

jest.setTimeout(60_000);

const ROOT = resolve(__dirname, "../..");

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

    test("a server of the pinned version is used, and one of another is not", () => {
        official("versitygw", "1.7.0");
        expect(findOnMachine(part("versitygw"))).toBeUndefined();
        const server = official("versitygw", part("versitygw").version);
        expect(findOnMachine(part("versitygw"))).toBe(server);
    });

    test("what was built here does not count as the machine's", () => {
        process.env["PATH"] = BIN;
        process.env["PULUMI_HOME"] = folder;
        expect(parts.map(findOnMachine)).toEqual(parts.map(() => undefined));
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

describe("the provider of dynamic resources", () => {
    const name = dynamicProvider.binary;

    test("is written where the machine has no official CLI, and starts the SDK's own", () => {
        process.env["PATH"] = ["/usr/bin", "/bin"].join(delimiter);
        expect(installScript(dynamicProvider, folder)).toBe(`${name}: written`);
        expect(statSync(join(folder, name)).mode & 0o777).toBe(0o755);
        // Without the address of an engine it says what it wants, and so that it was started.
        const { stderr } = spawnSync(join(folder, name), { cwd: ROOT, encoding: "utf8", env: environment });
        expect(stderr).toContain("Missing <engine> address");
    });

    test("written over where somebody changed it", () => {
        process.env["PATH"] = ["/usr/bin", "/bin"].join(delimiter);
        writeFileSync(join(folder, name), "changed");
        installScript(dynamicProvider, folder);
        expect(readFileSync(join(folder, name), "utf8")).toBe(dynamicProvider.text);
    });

    test("the official CLI's own is used, and one written earlier does not hide it", () => {
        const bin = join(folder, "bin");
        mkdirSync(bin);
        official("pulumi", part("pulumi").version);
        const script = official(name, "3.259.0");
        writeFileSync(join(bin, name), "earlier");
        expect(installScript(dynamicProvider, bin)).toBe(`${name}: using ${script}`);
        expect(existsSync(join(bin, name))).toBe(false);
    });

    test("in a folder without the SDK it fails", () => {
        process.env["PATH"] = ["/usr/bin", "/bin"].join(delimiter);
        installScript(dynamicProvider, folder);
        const { status } = spawnSync(join(folder, name), ["127.0.0.1:1"], { cwd: folder, env: environment });
        expect(status).toBe(1);
    });
});

describe("the language host that is built here", () => {
    test.each([
        ["runtime: nodejs", "127.0.0.1:1"],
        ["runtime: {name: nodejs, options: {typescript: false}}", "-typescript=false 127.0.0.1:1"],
        ["# typescript: false\nruntime: nodejs", "127.0.0.1:1"],
    ])("of a project with %j starts with %j", (project, told) => {
        const host = join(folder, "host");
        writeScript(host, part("pulumi-language-nodejs").script!);
        writeScript(`${host}-built`, '#!/bin/sh\necho "$@"\n');
        writeFileSync(join(folder, "Pulumi.yaml"), `name: one\n${project}\n`);
        const { stdout } = spawnSync(host, ["127.0.0.1:1"], { cwd: folder, encoding: "utf8" });
        expect(stdout.trim()).toBe(told);
    });
});

describe("a Debian root file system", () => {
    const lines = () => (console.log as jest.Mock).mock.calls.map(([line]) => line as string);

    function system(packages: string) {
        const list = join(folder, "packages.txt");
        writeFileSync(list, packages);
        const words = { name: "the system", holds: "nothing", use: "a test needs it", target: "tools" };
        return { ...words, root: join(folder, "root"), packages: list };
    }

    test("who is not root is told in one line what goes without it, and nothing is made", () => {
        jest.spyOn(process as { getuid: () => number }, "getuid").mockReturnValue(1000);
        installSystem(system("procps\n"));
        expect(lines()).toEqual(["the system: skipped, root is needed to make it; a test needs it"]);
        expect(existsSync(join(folder, "root"))).toBe(false);
    });

    test("one that was made from the same packages is kept, whatever its list says beside them", () => {
        jest.spyOn(process as { getuid: () => number }, "getuid").mockReturnValue(0);
        const kept = system("# why\nprocps # what for\n\n");
        mkdirSync(kept.root);
        const inputs = createHash("sha256")
            .update(JSON.stringify(["bookworm", ["procps"]]))
            .digest("hex");
        writeFileSync(`${kept.root}.inputs`, inputs);
        installSystem(kept);
        expect(lines()).toEqual(["the system: installed"]);
    });
});
