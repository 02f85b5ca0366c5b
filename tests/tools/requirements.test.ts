import { spawnSync } from "node:child_process";
import {
    chmodSync,
    cpSync,
    existsSync,
    mkdirSync,
    mkdtempSync,
    readdirSync,
    readFileSync,
    rmSync,
    writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { minVersion, satisfies } from "semver";
import { OLDEST } from "../../start/node";
import { OLDEST_GO, table } from "../../tools/requirements";

const ROOT = resolve(__dirname, "../..");
const MAKE = "/usr/bin/make";

/** Files that make reads before there are npm packages. */
const BARE = ["Makefile", "package.json", "package-lock.json", "start"];

let root: string;
let programs: string;

beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "fresh clone-"));
    programs = join(root, "programs");
    mkdirSync(programs);
    BARE.forEach((name) => cpSync(join(ROOT, name), join(root, name), { recursive: true }));
    for (const file of readdirSync(join(ROOT, "tools"), { recursive: true, encoding: "utf8" })) {
        if (/(\.js|go\.mod)$/.test(file)) {
            cpSync(join(ROOT, "tools", file), join(root, "tools", file));
        }
    }
    // As new as they must be, whatever this machine has; npm tells that it was called.
    goTells(OLDEST_GO, "local");
    program("npm", 'test "$1" = --version && echo 10.0.0 || echo called: npm "$@"');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** Puts a program first on PATH. */
function program(name: string, script: string): void {
    writeFileSync(join(programs, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(programs, name), 0o755);
}

/** Output of `go env` of a version; before 1.21 there was no GOTOOLCHAIN. */
function goTells(version: string, toolchain: string): void {
    program("go", `test "$2" = GOVERSION && echo go${version} && echo "${toolchain}"`);
}

/** Has a program tell a version, and else be this machine's. */
function tells(name: string, real: string, version: string): void {
    program(name, `test "$1" = --version && echo "${version}" || exec ${real} "$@"`);
}

function make(...args: readonly string[]) {
    const path = [programs, "/usr/local/bin", "/usr/bin", "/bin"].join(delimiter);
    const env = { HOME: root, PATH: path, TMPDIR: tmpdir() };
    const { status, stdout, stderr } = spawnSync(MAKE, [...args], { cwd: root, encoding: "utf8", env });
    return { status, stdout, told: stderr.split("\n").filter((line) => line !== "" && !line.startsWith("make: ***")) };
}

const CALLED = "called: npm ci --loglevel error";
const file = (name: string) => join(programs, name);

describe("before anything is installed", () => {
    test("control: with all that is needed, npm is called", () => {
        const { told, stdout } = make("tools");
        expect(told).toContain(CALLED);
        expect(stdout).toBe("");
    });

    test("Debian 12's Go is told in one line what is needed and where to get it", () => {
        goTells("1.19.8", "");
        const { status, told } = make("tools");
        expect(told).toEqual([
            `Go: 1.19.8 is on PATH (${file("go")}), ${OLDEST_GO} or newer is needed for the Pulumi CLI and the plugins, ` +
                "unless the official CLI is there: https://go.dev/dl; the official CLI: https://www.pulumi.com/docs/install",
        ]);
        expect(status).toBe(2);
    });

    test("a Go that fetches a newer one will do, unless it is kept from that", () => {
        goTells("1.22.2", "auto");
        expect(make("tools").told).toContain(CALLED);
        goTells("1.22.2", "local");
        expect(make("tools").told).toEqual([
            expect.stringMatching(
                /^Go: 1\.22\.2 is on PATH \(.*\) and GOTOOLCHAIN=local keeps it from fetching a newer one, /,
            ),
        ]);
    });

    test("where a Pulumi CLI is on the machine, or nothing is to be built, an old Go is none of its business", () => {
        goTells("1.19.8", "");
        expect(make("validate").told).toContain(CALLED);
        program("pulumi", "echo v1.0.0");
        expect(make("tools").told).toContain(CALLED);
    });

    test("all that is missing is told at once", () => {
        goTells("1.19.8", "");
        tells("node", process.execPath, "v16.20.2");
        program("npm", "echo 6.14.18");
        tells("make", MAKE, "GNU Make 3.81");
        program("python3", 'test "$1" = --version && echo Python 3.9.2');
        program("df", "echo header; echo /dev/sda1 999 99 102400 99% /");
        const { told } = make("tools", "FOR=pulumi lab");
        expect(told.map((line) => line.split(",")[0])).toEqual([
            `Node.js: 16.20.2 is on PATH (${file("node")})`,
            `npm: 6.14.18 is on PATH (${file("npm")})`,
            `GNU make: 3.81 is on PATH (${file("make")})`,
            `Go: 1.19.8 is on PATH (${file("go")})`,
            `Python with venv: 3.9.2 is on PATH (${file("python3")})`,
            `free disk: 100 MB for ${root}`,
        ]);
    });

    test("a program that is not there is told as that", () => {
        rmSync(join(programs, "go"));
        const only = ["node", "make", "bash", "awk", "sh", "df"];
        only.forEach((name) => program(name, `exec ${name === "node" ? process.execPath : `/usr/bin/${name}`} "$@"`));
        const { stderr } = spawnSync(MAKE, ["tools"], {
            cwd: root,
            encoding: "utf8",
            env: { HOME: root, PATH: programs },
        });
        expect(stderr).toMatch(/^Go: it is not on PATH, /m);
    });
});

describe("Python", () => {
    const python = spawnSync("sh", ["-c", "command -v python3"], { encoding: "utf8" }).stdout.trim();

    test("without ensurepip, as Debian's without python3-venv, is told what to install", () => {
        writeFileSync(join(root, "ensurepip.py"), 'raise ModuleNotFoundError("No module named ensurepip")');
        program("python3", `PYTHONPATH='${root}' exec '${python}' "$@"`);
        expect(make("tools", "FOR=lab").told).toEqual([
            `Python with venv: the one on PATH (${file("python3")}) has no venv or no ensurepip, 3.11 or newer is needed ` +
                "for the lab: demo, proof and tests: Debian: apt install python3 python3-venv",
        ]);
    });

    test("control: with it, it will do, and where no lab is needed its lack is none of its business", () => {
        program("python3", `exec '${python}' "$@"`);
        expect(make("tools", "FOR=lab").told).toContain(CALLED);
        program("python3", "exit 1");
        expect(make("tools").told).toContain(CALLED);
    });
});

describe("an npm ci that was killed", () => {
    test("is done again, and one that ended is not", () => {
        program("npm", 'test "$1" = --version && echo 10.0.0 && exit; mkdir -p node_modules/half; kill -9 $$');
        expect(make("node_modules").status).toBe(2);
        expect(existsSync(join(root, "node_modules/half"))).toBe(true);
        const whole = "mkdir -p node_modules; touch node_modules/.package-lock.json; echo called: npm";
        program("npm", `test "$1" = --version && echo 10.0.0 && exit; ${whole}`);
        expect(make("node_modules")).toMatchObject({
            status: 0,
            told: expect.arrayContaining(["called: npm"]) as string[],
        });
        expect(make("node_modules")).toMatchObject({ status: 0, told: [] });
    });
});

describe("what is asked for", () => {
    test("is the README's table", () => {
        expect(readFileSync(join(ROOT, "README.md"), "utf8")).toContain(table());
    });

    test("a Node.js that every npm package runs on", () => {
        const text = readFileSync(join(ROOT, "package-lock.json"), "utf8");
        const { packages } = JSON.parse(text) as { packages: Record<string, { engines?: { node?: string } }> };
        const refused = Object.entries(packages).filter(([, { engines }]) => !satisfies(OLDEST, engines?.node ?? "*"));
        // Both say 22, and run on 20 wherever this suite does.
        const newer = ["node_modules/@pulumi/pulumi", "node_modules/yaml-language-server"];
        expect(refused.map(([name]) => name)).toEqual(newer);
        expect(minVersion(packages[""]!.engines!.node!)!.version).toBe(OLDEST);
    });

    test("a Python that every package of the lab runs on", () => {
        const site = join(ROOT, ".tools/lab-venv/lib");
        const metadata = readdirSync(site, { recursive: true, encoding: "utf8" }).filter((name) =>
            /\.dist-info\/METADATA$/.test(name),
        );
        const asked = metadata.flatMap((name) => {
            const [, minor] = /^Requires-Python: .*>=\s*3\.(\d+)/m.exec(readFileSync(join(site, name), "utf8")) ?? [];
            return minor === undefined ? [] : [Number(minor)];
        });
        expect(asked.length).toBeGreaterThan(10);
        expect(table()).toContain(`| 3.${Math.max(...asked)} |`);
    });

    test("an older Node.js is told so by every program of the project", () => {
        const old = 'Object.defineProperty(process.versions, "node", { value: "16.20.2" });';
        const run = (before: string) =>
            spawnSync(process.execPath, ["-e", `${before} require("./start/typescript")`], {
                cwd: ROOT,
                encoding: "utf8",
            });
        expect(run(old)).toMatchObject({
            status: 1,
            stderr: `Node.js: 16.20.2 runs this (${process.execPath}), ${OLDEST} or newer is needed: https://nodejs.org/en/download\n`,
        });
        expect(run("")).toMatchObject({ status: 0, stderr: "" });
    });
});
