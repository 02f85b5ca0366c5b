import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { buildPart } from "../../tools/build";
import { foundSystem, inputsOf, PackageCount } from "../../tools/debianSystem";
import { findOnMachine, otherCli } from "../../tools/machine";
import { partsOf } from "../../tools/needs";
import { BIN, parts, type Part } from "../../tools/parts";
import { pieces } from "../../tools/pieces";
import { InstallError } from "../../tools/run";
import { dynamicProvider, foundScript, writeScript } from "../../tools/script";

jest.setTimeout(60_000);

const ROOT = resolve(__dirname, "../..");

let folder: string;
const environment = { ...process.env };

beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "tools-"));
    jest.spyOn(console, "error").mockImplementation(() => undefined);
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
    test("an official CLI of the pinned version is used, with the language host beside it", async () => {
        const cli = official("pulumi", part("pulumi").version);
        const host = official("pulumi-language-nodejs", "3.259.0");
        expect(await findOnMachine(part("pulumi"))).toBe(cli);
        expect(await findOnMachine(part("pulumi-language-nodejs"))).toBe(host);
        expect(otherCli()).toBeUndefined();
    });

    test("a CLI of another version is not, and is told so", async () => {
        const other = official("pulumi", "3.100.0");
        expect(await findOnMachine(part("pulumi"))).toBeUndefined();
        expect(otherCli()).toBe(
            `pulumi: ${other} is 3.100.0, which is not used: the project is tested with 3.259.0 ` +
                "(curl -fsSL https://get.pulumi.com | sh -s -- --version 3.259.0)",
        );
    });

    test("a plugin that the CLI downloaded is used, and one that it did not end downloading is not", async () => {
        process.env["PULUMI_HOME"] = folder;
        const plugin = join(folder, "plugins", "resource-proxmoxve-v8.6.0");
        mkdirSync(plugin, { recursive: true });
        writeFileSync(join(plugin, "pulumi-resource-proxmoxve"), "");
        expect(await findOnMachine(part("pulumi-resource-proxmoxve"))).toBe(plugin);
        expect(await findOnMachine(part("pulumi-resource-command"))).toBeUndefined();
        writeFileSync(`${plugin}.partial`, "");
        expect(await findOnMachine(part("pulumi-resource-proxmoxve"))).toBeUndefined();
    });

    test("a plugin on PATH is asked for its version, since the published ones do not all tell it for --version", async () => {
        const command = part("pulumi-resource-command");
        const plugin = join(folder, command.binary);
        // As pulumi-resource-command 1.2.1 does, which is built here without that answer.
        const published = `test "$1" = --version && echo "flag provided but not defined: -version" >&2 && exit 2`;
        writeFileSync(plugin, `#!/bin/sh\n${published}\nexec '${join(BIN, command.binary)}' "$@"\n`, { mode: 0o755 });
        process.env["PATH"] = [folder, "/usr/bin", "/bin"].join(delimiter);
        expect(await findOnMachine(command)).toBe(plugin);
        expect(await findOnMachine({ ...command, version: "1.2.2" })).toBeUndefined();
        official(command.binary, command.version);
        expect(await findOnMachine(command)).toBeUndefined();
    });

    test("a server of the pinned version is used, and one of another is not", async () => {
        official("versitygw", "1.7.0");
        expect(await findOnMachine(part("versitygw"))).toBeUndefined();
        const server = official("versitygw", part("versitygw").version);
        expect(await findOnMachine(part("versitygw"))).toBe(server);
    });

    test("what was built here does not count as the machine's", async () => {
        process.env["PATH"] = BIN;
        process.env["PULUMI_HOME"] = folder;
        expect(await Promise.all(parts.map(findOnMachine))).toEqual(parts.map(() => undefined));
    });
});

describe("what is needed", () => {
    test.each([
        ["a run of Pulumi", ["pulumi"], /^pulumi(-language-nodejs|-resource-.*)?$/],
        ["the demo", ["pulumi", "lab", "host"], /^(pulumi.*|lab-venv|lab-system)$/],
        ["a state elsewhere", ["state-backends"], /^(versitygw|lab-database)$/],
    ])("for %s there is what it uses and nothing else", (_use, needs, allowed) => {
        const names = partsOf(needs);
        expect(names.filter((name) => !allowed.test(name))).toEqual([]);
        expect(names.length).toBeGreaterThan(1);
    });

    test("for all tests there is all that can be installed, but a host of Debian 13, which is asked for by name", () => {
        const all = pieces.map(({ name }) => name).filter((name) => name !== "lab-system-13");
        expect(partsOf(["test"]).sort()).toEqual(all.sort());
        expect(partsOf(["host-13"])).toContain("lab-system-13");
    });

    test("a name that there is not is told with those that there are", () => {
        expect(() => partsOf(["pulmi"])).toThrow(/^pulmi: nothing is called so; allowed: pulumi, lab, /);
    });

    test("where all is there, nothing is said; asked for a list, standard error has it", () => {
        const install = (...args: readonly string[]) =>
            spawnSync(process.execPath, ["--require", "./start/typescript", "tools/install.ts", ...args], {
                cwd: ROOT,
                encoding: "utf8",
                env: environment,
            });
        expect(install("pulumi", "lab")).toMatchObject({ status: 0, stdout: "", stderr: "" });
        const { stdout, stderr } = install("--list", "pulumi");
        expect(stdout).toBe("");
        expect(stderr.split("\n").map((line) => line.split(":")[0])).toEqual([
            ...parts.slice(0, 4).map(({ binary, version }) => `${binary} ${version}`),
            dynamicProvider.binary,
            "",
        ]);
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
        await expect(failure).rejects.toThrow(InstallError);
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
        expect(foundScript(dynamicProvider, folder)).toBeUndefined();
        writeScript(join(folder, name), dynamicProvider.text);
        expect(foundScript(dynamicProvider, folder)).toBe("written");
        expect(statSync(join(folder, name)).mode & 0o777).toBe(0o755);
        // Without the address of an engine it says what it wants, and so that it was started.
        const { stderr } = spawnSync(join(folder, name), { cwd: ROOT, encoding: "utf8", env: environment });
        expect(stderr).toContain("Missing <engine> address");
    });

    test("is written over where somebody changed it", () => {
        process.env["PATH"] = ["/usr/bin", "/bin"].join(delimiter);
        writeFileSync(join(folder, name), "changed");
        expect(foundScript(dynamicProvider, folder)).toBeUndefined();
        writeScript(join(folder, name), dynamicProvider.text);
        expect(readFileSync(join(folder, name), "utf8")).toBe(dynamicProvider.text);
    });

    test("the official CLI's own is used, and one written earlier does not hide it", () => {
        const bin = join(folder, "bin");
        mkdirSync(bin);
        official("pulumi", part("pulumi").version);
        const script = official(name, "3.259.0");
        writeFileSync(join(bin, name), "earlier");
        expect(foundScript(dynamicProvider, bin)).toBe(`using ${script}`);
        expect(existsSync(join(bin, name))).toBe(false);
    });

    test("in a folder without the SDK it fails", () => {
        process.env["PATH"] = ["/usr/bin", "/bin"].join(delimiter);
        writeScript(join(folder, name), dynamicProvider.text);
        const { status } = spawnSync(join(folder, name), ["127.0.0.1:1"], { cwd: folder, env: environment });
        expect(status).toBe(1);
    });
});

describe("a Debian root file system", () => {
    function system(packages: string) {
        const list = join(folder, "packages.txt");
        writeFileSync(list, packages);
        const words = { name: "the system", debian: 12 as const, holds: "nothing", use: "a test needs it" };
        return { ...words, root: join(folder, "root"), packages: list };
    }

    test("who is not root is told in one line what goes without it", () => {
        jest.spyOn(process as { getuid: () => number }, "getuid").mockReturnValue(1000);
        expect(foundSystem(system("procps\n"))).toBe("skipped, root is needed to make it; a test needs it");
    });

    test("one that was made from the same packages is kept, whatever its list says beside them", () => {
        jest.spyOn(process as { getuid: () => number }, "getuid").mockReturnValue(0);
        const kept = system("# why\nprocps # what for\n\n");
        expect(foundSystem(kept)).toBeUndefined();
        mkdirSync(kept.root);
        writeFileSync(`${kept.root}.inputs`, inputsOf(kept));
        expect(foundSystem(system("procps\n"))).toBe("installed");
        expect(foundSystem(system("procps\nsudo\n"))).toBeUndefined();
    });

    test("how far it is follows from what mmdebstrap hands on of apt and dpkg", () => {
        const count = new PackageCount();
        const saw = (...lines: readonly string[]) => lines.map((line) => count.saw(line)).at(-1);
        expect(
            saw(
                "Get:1 http://deb.debian.org/debian bookworm InRelease [151 kB]",
                "I: downloading packages with apt...",
            ),
        ).toBe("getting the lists of packages");
        const base = [
            "0 upgraded, 69 newly installed, 0 to remove and 0 not upgraded.",
            "Get:1 http://deb.debian.org/debian x",
        ];
        expect(saw(...base)).toBe("of 69 packages 1 downloaded, 0 unpacked, 0 set up");
        expect(
            saw(
                "Unpacking libc6:amd64 (2.36-9) ...",
                "Unpacking perl (5.36) ...",
                "Setting up libc6:amd64 (2.36-9) ...",
            ),
        ).toBe("of 69 packages 1 downloaded, 2 unpacked, 1 set up");
        expect(saw("0 upgraded, 58 newly installed, 0 to remove and 0 not upgraded.")).toMatch(/^of 127 packages /);
    });
});
