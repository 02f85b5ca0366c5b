import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { project, removeProjects, smallTenant, STACK } from "../fixtures";
import { atTerminal, typedOnce } from "../terminal";

const ROOT = resolve(__dirname, "..", "..");
const TENANTS = join(ROOT, "bin", "tenants");

jest.setTimeout(60_000);
afterAll(removeProjects);

/** A command as a person calls it. */
function run(command: string, ...args: readonly string[]) {
    return runWith("", command, ...args);
}

/** A command that reads a text from standard input. */
function runWith(input: string, command: string, ...args: readonly string[]) {
    const { status, stdout, stderr } = spawnSync(TENANTS, [command, ...args], { cwd: ROOT, encoding: "utf8", input });
    return { status, stdout, stderr };
}

/** A command on the definitions of another folder. */
function runIn(root: string, command: string, ...args: readonly string[]) {
    const env = { ...process.env, TENANTS_PROJECT: root };
    const { status, stdout, stderr } = spawnSync(TENANTS, [command, ...args], { cwd: root, encoding: "utf8", env });
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
        const printed = run("router-vars", "dvntm");
        expect(printed.status).toBe(0);
        expect(printed.stderr).toMatch(/^no collection is named, so only what the oldest one known reads is written;/);
        expect(run("router-vars", "dvntm", "--output", file, "--collection", "tests/collections/later")).toEqual({
            status: 0,
            stdout: "",
            stderr: `${file}: written\n`,
        });
        expect(readFileSync(file, "utf8")).toBe(printed.stdout);
        expect(run("router-vars", "dvntm", "--input", file).stdout).toBe(printed.stdout);
    });

    test("router-vars leaves the output alone where the input has a conflict, or is not there", () => {
        const [input, output] = [join(folder, "given.yml"), join(folder, "vars.yml")];
        writeFileSync(input, run("router-vars", "dvntm").stdout.replace("tenant_1:", "somebody:"));
        writeFileSync(output, "as it was\n");
        const conflict = run("router-vars", "dvntm", "--input", input, "--output", output);
        expect(conflict.status).toBe(1);
        expect(conflict.stderr).toMatch(
            /given\.yml:\d+ deevnet_vlans\.somebody\.vlan_id: 50 is taken by the zone somebody,/,
        );
        const missing = run("router-vars", "dvntm", "--input", join(folder, "none.yml"), "--output", output);
        expect(missing.status).toBe(1);
        expect(missing.stderr).toMatch(/^\/\S*none\.yml: there is no such file\n$/);
        const early = run("router-vars", "dvntm", "--collection", "tests/collections/early", "--output", output);
        expect(early.status).toBe(1);
        expect(early.stderr).toMatch(
            /tests\/collections\/early\/roles\S+:82 Delete rules that nobody wants: lab\.router_early 1\.0\.0/,
        );
        expect(readFileSync(output, "utf8")).toBe("as it was\n");
    });
});

describe("map", () => {
    let folder: string;
    beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "commands-"))));
    afterEach(() => rmSync(folder, { recursive: true, force: true }));

    const row = { tenant: "grooveiq", where: "node pve2", what: "VM 5001 api-vm01: memory", declared: "4096 MiB" };
    const of = { place: { kind: "node", name: "pve2" }, subject: { kind: "vm", id: "5001" }, vmid: 5001 };
    const told = {
        substrate: "dvntm",
        drift: [{ ...row, found: "8192 MiB", settle: "tenants up", ...of }],
        untold: [],
    };

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
            64,
            expect.stringMatching(/^--output \S*map\.png is not allowed; it ends with \.html or \.svg\n/),
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
            expect.stringMatching(/^standard input: substrate is missing\nstandard input: drift is missing\n/),
        ]);
        expect(readFileSync(page, "utf8")).toBe(fromFile);
    });
});

describe("a name that is asked for", () => {
    const program =
        'require("./commands/cli/confirm").confirm("All of it goes.", "dvntm", undefined)' +
        ".then(() => console.log(String(6 * 7)), (error) => { console.log(error.message); process.exitCode = 1; })";

    test.each([
        ["dvntm", 0, /All of it goes\. Type dvntm to go on: [^]*42/],
        ["yes", 1, /yes is not dvntm: nothing was touched/],
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

describe("Ctrl-C", () => {
    const program = (body: string) =>
        `${process.execPath} --require ./start/typescript -e '` +
        'const { ended, inOrder } = require("./commands/cli/interruption"); const { confirm } = require("./commands/cli/confirm"); ' +
        `ended(() => ${body}, () => "next").then((code) => { process.exitCode = code; })'`;
    const wait = '(console.log("ready"), new Promise((done) => setTimeout(done, 50_000, 0)))';
    const inTime =
        '(console.log("ready"), inOrder(() => new Promise((done) => { const wait = setTimeout(done, 50_000, 1); ' +
        'end = () => { clearTimeout(wait); done(1); }; }), () => setTimeout(end, 100), "Pulumi"))';

    test.each([
        ["while a name is asked for", /to go on: /, 'confirm("It goes.", "dvntm", undefined)'],
        ["while nothing ends in order", /ready/, wait],
    ])("%s, says that it was ended and what is next", async (_, said, body) => {
        const { status, stdout } = await typedOnce(said, "\x03", program(body));
        expect([status, stdout]).toEqual([130, expect.stringMatching(/SIGINT: ended; next\r?\n$/)]);
    });

    test("waits for a program that ends in order, and says so", async () => {
        const { status, stdout } = await typedOnce(/ready/, "\x03", program(inTime));
        expect([status, stdout]).toEqual([
            130,
            expect.stringMatching(/SIGINT: asked Pulumi to end in order; waiting for it\r?\nSIGINT: ended; next\r?\n$/),
        ]);
    });

    test("Ctrl-D, where a name is asked for, touches nothing", async () => {
        const { stdout } = await typedOnce(
            /to go on: /,
            "\x04",
            program('confirm("It goes.", "dvntm", undefined).catch((error) => console.log(error.message))'),
        );
        expect(stdout).toMatch(/"" is not dvntm: nothing was touched/);
    });

    test("a command that reads standard input says what it means for node and router", async () => {
        const child = spawn(TENANTS, ["map", "dvntm", "--drift", "-"], { cwd: ROOT });
        let said = "";
        child.stderr.on("data", (text: Buffer) => (said += text.toString()));
        // More than a pipe holds is gone once the command reads.
        await new Promise((done) => void child.stdin.write(" ".repeat(2 ** 20), done));
        child.kill("SIGINT");
        const [status] = (await once(child, "close")) as [number];
        expect([status, said]).toEqual([
            130,
            "SIGINT: ended; nothing on a node or router was changed; run the same command again\n",
        ]);
    });
});

describe("capacity", () => {
    test("where more is promised than may be, the table is shown with how much is too much, and the fault is told", () => {
        const root = project({
            "Pulumi.yaml": "",
            "Pulumi.dvntm.yaml": STACK,
            "tenants/dvntm/grooveiq.yaml": `${smallTenant("grooveiq", 50)}    memory: 40GiB\n`,
        });
        const capacity = (...words: string[]) => runIn(root, "capacity", "dvntm", ...words);
        const { status, stdout, stderr } = capacity();
        expect(status).toBe(1);
        expect(stdout).toMatch(
            /^ {2}memory +40 GiB promised of 28 GiB that may be \(physical: 32 GiB\): 12 GiB too much$/m,
        );
        expect(stdout).toMatch(/^ {2}disk .*promised of \d+ GiB that may be \(physical: 931 GiB\)$/m);
        expect(stderr).toMatch(/^tenants\/dvntm\/grooveiq\.yaml:6 vms\[0\]\.memory: 40 GiB does not fit hv02/);
        const told = JSON.parse(capacity("--json").stdout) as { hypervisors: { shares: { promised: number }[] }[] };
        expect(told.hypervisors[0]!.shares[0]!.promised).toBe(40 * 1024);
    });

    test("control: any other fault is told alone", () => {
        const root = project({
            "Pulumi.yaml": "",
            "Pulumi.dvntm.yaml": STACK,
            "tenants/dvntm/grooveiq.yaml": smallTenant("grooveiq", 99),
        });
        const { status, stdout, stderr } = runIn(root, "capacity", "dvntm");
        expect([status, stdout, stderr]).toEqual([
            1,
            "",
            expect.stringMatching(/^tenants\/dvntm\/grooveiq\.yaml:2 vlan: 99 /),
        ]);
    });
});

test("validate: without a substrate it checks all, and with --up what an up needs", () => {
    expect(run("validate").stdout).toMatch(/^dvnt: planned, [^]*^dvntm: active, /m);
    expect(run("validate", "dvntm", "--up")).toMatchObject({ status: 0, stderr: "" });
    const planned = run("validate", "dvnt", "--up");
    expect([planned.status, planned.stdout, planned.stderr]).toEqual([1, "", expect.stringMatching(/dvnt is planned/)]);
});

describe("new", () => {
    // A copy of the project's own definitions, which other tests read meanwhile.
    let root: string;
    beforeEach(() => {
        root = project({ "Pulumi.yaml": "" });
        const own = ["Pulumi.dvnt.yaml", "Pulumi.dvntm.yaml", "tenants"];
        own.forEach((part) => cpSync(join(ROOT, part), join(root, part), { recursive: true }));
    });

    test("writes a file with the next free VLAN that the definitions pass with, and refuses what is taken", () => {
        const file = join(root, "tenants/dvntm/sandbox.yaml");
        const made = runIn(root, "new", "dvntm", "sandbox", "--json");
        expect(JSON.parse(made.stdout)).toEqual({
            substrate: "dvntm",
            tenant: "sandbox",
            vlan: 52,
            file: "tenants/dvntm/sandbox.yaml",
        });
        expect(runIn(root, "validate", "dvntm").stdout).toMatch(/^dvntm: active, 3 tenants, 6 VMs, no faults$/m);
        const text = readFileSync(file, "utf8");
        expect(runIn(root, "new", "dvntm", "sandbox")).toMatchObject({
            status: 1,
            stderr: "tenants/dvntm/sandbox.yaml is there already: nothing was written\n",
        });
        expect(readFileSync(file, "utf8")).toBe(text);
    });

    test.each([
        ["a VLAN that is taken", ["sandbox", "--vlan", "50"], 1, /^VLAN 50 is grooveiq's on dvntm; free: 52, /],
        [
            "a VLAN that no tenant has",
            ["sandbox", "--vlan", "60"],
            1,
            /^VLAN 60 is no tenant's on dvntm \(network\.vlans\); free: 5/,
        ],
        ["a name that is no label", ["Sand_box"], 64, /^Sand_box cannot be a tenant's name/],
        ["a name that is reserved", ["dvntm"], 1, /name: dvntm [^]*nothing was written/],
    ] as const)("refuses %s", (_, args, expected, told) => {
        const { status, stderr } = runIn(root, "new", "dvntm", ...args);
        expect([status, stderr]).toEqual([expected, expect.stringMatching(told)]);
        expect(existsSync(join(root, "tenants/dvntm", `${args[0]}.yaml`))).toBe(false);
    });
});
