import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { atTerminal } from "../terminal";

const ROOT = resolve(__dirname, "..", "..");

jest.setTimeout(60_000);

/** A command as make calls it. */
function run(command: string, ...args: readonly string[]) {
    return runWith("", command, ...args);
}

/** A command that reads a text from standard input. */
function runWith(input: string, command: string, ...args: readonly string[]) {
    const node = ["--require", "./start/typescript", `commands/${command}.ts`, ...args];
    const { status, stdout, stderr } = spawnSync(process.execPath, node, { cwd: ROOT, encoding: "utf8", input });
    return { status, stdout, stderr };
}

describe("reachability", () => {
    test("text, Markdown and JSON tell the same", () => {
        const { status, stdout } = run("reachability", "dvntm", "--json");
        const { cells, mode } = JSON.parse(stdout) as { mode: string; cells: { from: string; to: string }[] };
        expect([status, mode]).toEqual([0, "export"]);
        expect(cells.filter(({ from }) => from === "grooveiq").map(({ to }) => to)).toContain("management");

        const text = run("reachability", "dvntm").stdout;
        expect(text).toMatch(/^grooveiq\n {2}gateway +tcp 53 of 10\.20\.50\.1 +grooveiq: dns$/m);
        expect(text).toMatch(/^ {2}denied: router, vintronics, .*management, elsewhere$/m);

        const rows = run("reachability", "dvntm", "--format", "markdown").stdout.trimEnd().split("\n");
        expect(new Set(rows.map((row) => row.split(" | ").length)).size).toBe(1);
        expect(rows[0]).toMatch(/^\| from \\ to \| gateway \| router \| grooveiq \|/);
    });
});

describe("files", () => {
    let folder: string;
    beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "commands-"))));
    afterEach(() => rmSync(folder, { recursive: true, force: true }));

    test("router-vars writes what it prints, and takes it as its input", () => {
        const file = join(folder, "vars.yml");
        const printed = run("routerVars", "dvntm");
        expect(printed.status).toBe(0);
        expect(run("routerVars", "dvntm", "--output", file)).toEqual({
            status: 0,
            stdout: "",
            stderr: `${file}: written\n`,
        });
        expect(readFileSync(file, "utf8")).toBe(printed.stdout);
        expect(run("routerVars", "dvntm", "--input", file).stdout).toBe(printed.stdout);
    });

    test("router-vars leaves the output alone where the input has a conflict, or is not there", () => {
        const [input, output] = [join(folder, "given.yml"), join(folder, "vars.yml")];
        writeFileSync(input, run("routerVars", "dvntm").stdout.replace("tenant_1:", "somebody:"));
        writeFileSync(output, "as it was\n");
        const conflict = run("routerVars", "dvntm", "--input", input, "--output", output);
        expect(conflict.status).toBe(1);
        expect(conflict.stderr).toMatch(
            /given\.yml:\d+ deevnet_vlans\.somebody\.vlan_id: 50 is taken by the zone somebody,/,
        );
        const missing = run("routerVars", "dvntm", "--input", join(folder, "none.yml"), "--output", output);
        expect(missing.status).toBe(1);
        expect(missing.stderr).toMatch(/^ENOENT: no such file or directory, .*none\.yml'\n$/);
        expect(readFileSync(output, "utf8")).toBe("as it was\n");
    });
});

describe("map", () => {
    let folder: string;
    beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "commands-"))));
    afterEach(() => rmSync(folder, { recursive: true, force: true }));

    const row = { tenant: "grooveiq", where: "node pve2", what: "VM 5001 api-vm01: memory", declared: "4096 MiB" };
    const told = { substrate: "dvntm", drift: [{ ...row, found: "8192 MiB", settle: "make up" }], untold: [] };

    test("the ending of OUTPUT says what is written, and the file is named", () => {
        const [page, picture] = [join(folder, "map.html"), join(folder, "map.svg")];
        expect(run("map", "dvntm", "--output", page)).toEqual({ status: 0, stdout: `${page}\n`, stderr: "" });
        expect(JSON.parse(run("map", "dvntm", "--json", "--output", picture).stdout)).toEqual({
            substrate: "dvntm",
            files: [picture],
        });
        expect(readFileSync(page, "utf8")).toMatch(/^<!doctype html>[^]*Drift: not looked at/);
        expect(readFileSync(picture, "utf8")).toMatch(/^<svg [^]*<\/svg>\n$/);
        const other = run("map", "dvntm", "--output", join(folder, "map.png"));
        expect([other.status, other.stderr]).toEqual([
            2,
            expect.stringMatching(/map\.png is not allowed; it ends with \.html or \.svg\nusage: /),
        ]);
    });

    test("drift comes from a file or from standard input; what is no drift leaves the output alone", () => {
        const [page, drift] = [join(folder, "map.html"), join(folder, "drift.json")];
        const drawn = /Drift: 1 difference from[^]*VM 5001 api-vm01: memory: declared 4096 MiB, is 8192 MiB/;
        writeFileSync(drift, JSON.stringify(told));
        expect(run("map", "dvntm", "--drift", drift, "--output", page).status).toBe(0);
        const fromFile = readFileSync(page, "utf8");
        expect(fromFile).toMatch(drawn);
        rmSync(page);
        expect(runWith(JSON.stringify(told), "map", "dvntm", "--drift", "-", "--output", page).status).toBe(0);
        expect(readFileSync(page, "utf8")).toBe(fromFile);

        const wrong = runWith("{}", "map", "dvntm", "--drift", "-", "--output", page);
        expect([wrong.status, wrong.stderr]).toEqual([
            1,
            expect.stringMatching(/^standard input drift: is missing; allowed: a list\n/),
        ]);
        expect(readFileSync(page, "utf8")).toBe(fromFile);
    });
});

describe("a name that is asked for", () => {
    const program =
        'require("./commands/confirm").confirm("All of it goes.", "dvntm", undefined)' +
        ".then(() => console.log(String(6 * 7)), (error) => { console.log(error.message); process.exitCode = 1; })";

    test.each([
        ["dvntm", 0, /All of it goes\. Type dvntm to go on: [^]*42/],
        ["yes", 1, /"yes" is not dvntm: nothing was touched/],
        ["", 1, /"" is not dvntm: nothing was touched/],
    ])("at a terminal, where %j is typed", (typed, expected, said) => {
        const { status, stdout } = atTerminal(
            `${typed}\n`,
            `${process.execPath} --require ./start/typescript -e '${program}'`,
        );
        expect(stdout).toMatch(said);
        expect(status).toBe(expected);
    });
});

describe.each(["reachability", "routerVars", "inventory", "capacity", "map", "role", "up", "destroy", "teardown"])(
    "%s called wrongly",
    (command) => {
        test("--help says what it does", () => {
            const { status, stdout } = run(command, "--help");
            expect([status, stdout]).toEqual([
                0,
                expect.stringMatching(/^usage: make [^]*Exit 0; 1: [^]*; 2: [^;]*wrong usage\.\n$/),
            ]);
        });

        test.each([
            ["no substrate", [], 2, /^SUBSTRATE is missing\nusage: make /],
            ["two substrates", ["dvnt", "dvntm"], 2, /^one SUBSTRATE at a time\nusage: make /],
            ["an unknown flag", ["dvntm", "--jsno"], 2, /^Unknown option '--jsno'.*\nusage: make /],
            ["an unknown substrate", ["dvntn"], 1, /^dvntn is no substrate here; did you mean dvntm?.*\n$/],
        ] as const)("%s", (_, args, expected, message) => {
            const { status, stderr } = run(command, ...args);
            expect(status).toBe(expected);
            expect(stderr).toMatch(message);
            expect(stderr).not.toMatch(/^\s+at /m);
        });
    },
);

test("validate: without a substrate it checks all; an unknown flag and an unknown substrate are told", () => {
    expect(run("validate").stdout).toMatch(/^dvnt: planned, [^]*^dvntm: active, /m);
    expect(run("validate", "--help").stdout).toMatch(/^usage: make validate /);
    const flag = run("validate", "--jsno");
    expect([flag.status, flag.stderr]).toEqual([
        2,
        expect.stringMatching(/^Unknown option '--jsno'[^]*\nusage: make validate /),
    ]);
    expect(flag.stderr).not.toMatch(/^\s+at /m);
    expect(run("validate", "dvntn")).toMatchObject({ status: 1, stdout: "" });
});

test("reachability: a format that there is not", () => {
    const { status, stderr } = run("reachability", "dvntm", "--format", "mardown");
    expect(status).toBe(2);
    expect(stderr).toMatch(/^FORMAT mardown is not allowed; did you mean markdown\?; allowed: text, markdown\nusage: /);
});
