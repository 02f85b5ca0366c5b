import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { partsOf } from "../../tools/needs";

const ROOT = resolve(__dirname, "..", "..");

jest.setTimeout(180_000);

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "make-"))));
afterEach(() => rmSync(folder, { recursive: true }));

function make(...args: readonly string[]) {
    const { status, stdout, stderr } = spawnSync("make", ["--no-print-directory", ...args], {
        cwd: ROOT,
        encoding: "utf8",
    });
    return { status, stdout, stderr };
}

test("make alone lists every target but those that are commands now", () => {
    const makefile = readFileSync(join(ROOT, "Makefile"), "utf8");
    const targets = [...makefile.matchAll(/^([a-z-]+): .*## /gm)].map(([, name]) => name);
    const { status, stdout } = make();
    expect(status).toBe(0);
    expect([...stdout.matchAll(/^ {2}([a-z-]+) /gm)].map(([, name]) => name)).toEqual(targets);
    expect(targets).toEqual(
        expect.arrayContaining(["demo", "test", "lint", "bench", "soak", "kills", "fuzz", "clean"]),
    );
    expect(targets).not.toContain("up");
});

describe("a daily target of earlier releases", () => {
    test.each([
        [["capacity", "SUBSTRATE=dvntm"], "capacity dvntm"],
        [["map", "SUBSTRATE=dvntm", "OUTPUT=a b.png"], "map dvntm '--output=a b.png'"],
        [
            ["teardown", "SUBSTRATE=dvntm", "TENANT=x_y", "BACKUP=1", "YES=it's"],
            "teardown dvntm x_y --backup '--yes=it'\\''s'",
        ],
        [["fleet", "CMD=destroy", "PARALLEL=2"], "fleet destroy --parallel=2"],
        [["validate", "SUBSTRATE=dvntn", "ARGS=--diff  -v"], "validate dvntn -- --diff -v"],
    ])("%j says the new command, and runs it", (args, command) => {
        const { stderr, stdout } = make(...args);
        expect(stderr).toMatch(new RegExp(`^make ${args[0]} goes with the next release: bin/tenants `));
        expect(stderr.split("\n")[0]).toBe(`make ${args[0]} goes with the next release: bin/tenants ${command}`);
        expect([stdout !== "", stderr.includes("tenants")]).toEqual([args[0] === "capacity", true]);
    });

    test("its variables of the environment are nobody's parameters", () => {
        const env = { ...process.env, SUBSTRATE: "dvntm", FORMAT: "nonsense" };
        const { status, stderr } = spawnSync("make", ["reachability"], { cwd: ROOT, encoding: "utf8", env });
        expect([status, stderr]).toEqual([
            2,
            expect.stringMatching(/bin\/tenants reachability\n<substrate> is missing/),
        ]);
    });

    test("JSON=1 prints JSON alone; a variable that is no parameter is the environment's; a slip is told", () => {
        const { status, stdout } = make("capacity", "SUBSTRATE=dvntm", "JSON=1", "PULUMI_HOME=/nowhere");
        expect([status, JSON.parse(stdout)]).toEqual([0, expect.objectContaining({ substrate: "dvntm" })]);
        expect(make("capacity", "SUBSTRATE=dvntm", "JSN=1").stderr).toMatch(/^make capacity takes no JSN$/m);
    });
});

describe("what stands in a parameter is data", () => {
    const PARAMETERS =
        "SUBSTRATE TENANT JSON ARGS TARGET CMD PARALLEL FORMAT INPUT OUTPUT DRIFT POLICY YES BACKUP ADDRESSES";
    const OF_MAKE = "SSH_CONFIG SECONDS ROUNDS SEED KILLS FROM VMS RUNS REAL PHASES WRITE";

    function hostile(): string {
        return `$(shell touch ${folder}/make)dvntm'; touch ${folder}/quote; "$$(touch ${folder}/shell)" \`touch ${folder}/tick\` #`;
    }

    function ran(): string[] {
        return ["make", "quote", "shell", "tick"].filter((name) => existsSync(join(folder, name)));
    }

    test.each([...PARAMETERS.split(" "), ...OF_MAKE.split(" ")])("%s", (parameter) => {
        const { status } = make("capacity", `${parameter}=${hostile()}`);
        expect([status, ran()]).toEqual([2, []]);
    });

    test.each([
        ["soak", ["ROUNDS", "SEED"]],
        ["kills", ["KILLS", "SEED", "FROM"]],
        ["bench", ["VMS", "RUNS", "REAL", "OUTPUT"]],
        ["sbom", ["OUTPUT"]],
        ["fuzz", ["SECONDS"]],
    ])("of %s: its recipe has none of it as text", (target, parameters) => {
        for (const parameter of parameters) {
            const { stdout } = make("-n", target, `${parameter}=${hostile()}`);
            expect([stdout.includes(folder), ran()]).toEqual([false, []]);
        }
    });

    test("control: a Makefile that takes it as text runs it", () => {
        const file = join(folder, "Makefile");
        writeFileSync(file, "capacity:\n\t@echo '$(SUBSTRATE)'\n");
        make("-f", file, "capacity", `SUBSTRATE=${hostile()}`);
        expect(ran()).toEqual(["make", "quote", "shell", "tick"]);
    });
});

test("make test installs all that a test needs, but for Debian 13, which is installed where somebody names it", () => {
    expect(partsOf(["test"])).not.toContain("lab-system-13");
    expect(partsOf(["test"])).toEqual(expect.arrayContaining(partsOf(["host", "lab", "browser"])));
    expect(partsOf(["host-13"])).toEqual(["lab-system", "lab-system-13"]);
    expect(partsOf(["test", "host-13"])).toEqual(expect.arrayContaining(["browser", "lab-system-13"]));
});
