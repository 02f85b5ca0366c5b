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
    symlinkSync,
    writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { optionsOf, type CommandDefinition } from "../../commands/cli/definition";
import { exitOfPulumi } from "../../commands/cli/exit";
import { parse } from "../../commands/cli/parse";
import { allCommands, COMMAND_NAMES } from "../../commands/cli/table";

const ROOT = resolve(__dirname, "..", "..");
const TENANTS = join(ROOT, "bin", "tenants");

jest.setTimeout(120_000);

function tenants(...args: readonly string[]) {
    const { status, stdout, stderr } = spawnSync(TENANTS, args, { encoding: "utf8" });
    return { status, stdout, stderr };
}

let commands: readonly CommandDefinition[];
beforeAll(async () => void (commands = await allCommands()));

describe("the table of commands", () => {
    test("every file of commands/ is one of them, and every one has its file", () => {
        const files = readdirSync(join(ROOT, "commands")).filter((file) => file.endsWith(".ts"));
        const named = files.map((file) => file.slice(0, -3).replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`));
        expect([...COMMAND_NAMES].sort()).toEqual(named.sort());
        expect(commands.map(({ name }) => name)).toEqual(COMMAND_NAMES);
    });

    test("every schema is a command's, and every command that prints JSON has one", () => {
        const named = commands.flatMap(({ output }) => output ?? []);
        const files = readdirSync(join(ROOT, "schemas/output")).map((file) => file.replace(".schema.json", ""));
        expect([...new Set(named)].sort()).toEqual(files.sort());
        expect(commands.filter(({ output }) => output === undefined).map(({ name }) => name)).toEqual(["completion"]);
    });

    test("every example is a call that the command takes", () => {
        for (const definition of commands) {
            const [, call = ""] = new RegExp(`tenants (${definition.name} [^|)]*)`).exec(definition.example)!;
            const words = call.trim().split(" ").slice(1);
            expect([definition.name, parse(definition, words)]).toEqual([definition.name, expect.anything()]);
        }
    });

    test("the CLI's exit codes: a call that is wrong, changes that were not expected, and all else", () => {
        expect([0, 2, 7, 1, 5, 255].map(exitOfPulumi)).toEqual([0, 64, 2, 1, 1, 1]);
    });
});

describe("help", () => {
    test("lists every command in its group, in 80 columns, and is the same by all its names", () => {
        const { status, stdout } = tenants();
        expect(status).toBe(0);
        expect(stdout).toMatch(/^Daily:\n {2}validate [^]*^Look:\n {2}map [^]*^Set up:\n {2}new /m);
        for (const { name, summary } of commands) {
            expect(stdout.replace(/\n {10,}/g, " ")).toMatch(new RegExp(`^ {2}${name} .*${summary.slice(0, 30)}`, "m"));
        }
        expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
        expect(tenants("--help").stdout).toBe(stdout);
        expect(tenants("help").stdout).toBe(stdout);
    });

    test("of each command: its arguments, options, exit codes and an example", () => {
        for (const definition of commands) {
            const { status, stdout } = tenants(definition.name, "--help");
            expect([definition.name, status]).toEqual([definition.name, 0]);
            Object.keys(optionsOf(definition)).forEach((name) => expect(stdout).toContain(`  --${name}`));
            definition.arguments.forEach(({ name }) => expect(stdout).toMatch(new RegExp(`^ {2}${name} `, "m")));
            expect(stdout).toMatch(/^Exit codes:\n {2}0 [^]*^ {2}64 {3}wrong usage/m);
            expect(stdout).toContain(`Example:\n  ${definition.example}`);
        }
        expect(tenants("help", "up").stdout).toBe(tenants("up", "--help").stdout);
    });
});

describe("called wrongly", () => {
    test.each([
        ["a command", ["preveiw"], /^preveiw is no command; did you mean preview\?\n/],
        [
            "a substrate",
            ["drift", "dvntn"],
            /^dvntn is no substrate here; did you mean dvntm?\?; allowed: dvnt, dvntm\n/,
        ],
        ["a tenant", ["verify", "dvntm", "groveiq"], /^groveiq is no tenant here; did you mean grooveiq\?/],
        ["an option", ["capacity", "dvntm", "--jsno"], /^--jsno is no option of capacity; did you mean --json\?\n/],
        ["another's option", ["destroy", "dvntm", "--backup"], /^--backup is no option of destroy\n/],
        [
            "a value",
            ["reachability", "dvntm", "--format", "mardown"],
            /^--format mardown is not allowed; did you mean markdown\?/,
        ],
        ["an option of all", ["--hepl"], /^--hepl is no option; did you mean --help\?/],
        ["no substrate", ["up"], /^<substrate> is missing\n/],
        ["two substrates", ["up", "dvnt", "dvntm"], /^dvntm is one too many: one substrate at a time\n/],
        ["no value", ["map", "dvntm", "--output"], /^option '--output <file>' argument missing\n/],
        [
            "an option as a file",
            ["map", "dvntm", "--output", "--json"],
            /^--output needs a file, and --json looks like an option/,
        ],
        [
            "what is handed to nobody",
            ["map", "dvntm", "--", "x"],
            /^map hands nothing on: nothing may stand behind --\n/,
        ],
    ] as const)("%s: told in a line, with the nearest, and nothing is done", (_, args, told) => {
        const { status, stdout, stderr } = tenants(...args);
        expect([status, stdout, stderr]).toEqual([64, "", expect.stringMatching(told)]);
        expect(stderr).toMatch(/\n`tenants.*` (says more|alone lists all)\n$/);
    });
});

describe("where it is called from", () => {
    let folder: string;
    beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "tenants für alle "))));
    afterEach(() => rmSync(folder, { recursive: true }));

    test("another folder, through a link, with neither HOME nor a PATH but node's", () => {
        const link = join(folder, "tenants");
        symlinkSync(TENANTS, link);
        const path = `/usr/bin:/bin:${resolve(process.execPath, "..")}`;
        const { status, stdout } = spawnSync(link, ["validate", "dvntm"], {
            cwd: folder,
            encoding: "utf8",
            env: { PATH: path },
        });
        expect([status, stdout]).toEqual([0, "dvntm: active, 2 tenants, 5 VMs, no faults\n"]);
        expect(readdirSync(folder)).toEqual(["tenants"]);
    });

    test("what it writes is written where it is called", () => {
        const { status, stdout } = spawnSync(TENANTS, ["map", "dvntm"], { cwd: folder, encoding: "utf8" });
        expect([status, stdout]).toEqual([0, "map-dvntm.html\nmap-dvntm.svg\n"]);
        expect(readdirSync(folder).sort()).toEqual(["map-dvntm.html", "map-dvntm.svg"]);
    });

    test("a project whose path has blanks and umlauts; npm's packages are installed first, on standard error", () => {
        const project = join(folder, "Lab Köln");
        for (const part of [
            "bin",
            "start",
            "commands",
            "definitions",
            "substrate",
            "firewall",
            "https",
            "report",
            "schemas",
            "tenants",
            "package.json",
            "package-lock.json",
            "Pulumi.dvntm.yaml",
            "Pulumi.dvnt.yaml",
        ]) {
            cpSync(join(ROOT, part), join(project, part), { recursive: true });
        }
        // npm as it is asked: the packages are those of this project.
        const bin = join(folder, "bin");
        mkdirSync(bin);
        const npm = `#!/bin/sh\necho "npm $*"\ncp -R "${join(ROOT, "node_modules")}/." node_modules 2>/dev/null || ln -s "${join(ROOT, "node_modules")}" node_modules\n`;
        writeFileSync(join(bin, "npm"), npm.replace(/cp .*\|\| /, ""));
        chmodSync(join(bin, "npm"), 0o755);
        const env = { ...process.env, PATH: `${bin}:${process.env["PATH"] ?? ""}` };
        const { status, stdout, stderr } = spawnSync(join(project, "bin/tenants"), ["validate", "dvntm", "--json"], {
            encoding: "utf8",
            env,
        });
        expect([status, JSON.parse(stdout)]).toEqual([0, [{ substrate: "dvntm", faults: [] }]]);
        expect(stderr).toMatch(
            /^tenants: installing npm packages .*\nnpm ci .*\ntenants: npm packages installed in \d+ s\n$/,
        );
    });

    test("no node, and one that is too old: told in one line", () => {
        const without = spawnSync("/bin/sh", [TENANTS, "validate"], { encoding: "utf8", env: { PATH: folder } });
        expect([without.status, without.stdout, without.stderr]).toEqual([
            1,
            "",
            "tenants: node is not on PATH: install Node.js 20 or newer, or add the folder that has it to PATH\n",
        ]);
        const old = 'Object.defineProperty(process.versions, "node", { value: "18.20.1" }); require(process.argv[1])';
        const told = spawnSync(process.execPath, ["-e", old, join(ROOT, "start/tenants.js")], { encoding: "utf8" });
        expect([told.status, told.stderr]).toEqual([
            1,
            expect.stringMatching(/^Node\.js: 18\.20\.1 runs this \(.*\), 20\.19\.0 or newer is needed: https:.*\n$/),
        ]);
    });

    test("a reader that has read enough ends it without a word", () => {
        const script = `'${TENANTS}' reachability dvntm --json | head -c 10`;
        expect(spawnSync("bash", ["-c", script], { encoding: "utf8" })).toMatchObject({
            stdout: '{"substrat',
            stderr: "",
        });
    });
});

test("the Makefile's help has none of it, and its pattern rule all that there were", () => {
    const makefile = readFileSync(join(ROOT, "Makefile"), "utf8");
    const forwarded = /^DAILY := (.*)$/m.exec(makefile)![1]!.split(" ");
    expect(forwarded.filter((name) => !COMMAND_NAMES.includes(name))).toEqual([]);
    expect(existsSync(join(ROOT, "completion"))).toBe(false);
});
