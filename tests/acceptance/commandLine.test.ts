import { spawnSync } from "node:child_process";
import {
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
import { dirname, join, resolve } from "node:path";
import Ajv2020 from "ajv/dist/2020";
import { optionsOf, type CommandDefinition } from "../../commands/cli/definition";
import { allCommands } from "../../commands/cli/table";
import { BIN } from "../../tools/parts";
import { AcceptanceLab, RUN_TIMEOUT_MS } from "./lab";

jest.setTimeout(RUN_TIMEOUT_MS * 10);

/** Where what is built here stands. */
const TOOLS = dirname(BIN);
const SCHEMAS = resolve(__dirname, "../../schemas");

let lab: AcceptanceLab;
let folder: string;
let commands: readonly CommandDefinition[];

beforeAll(async () => {
    commands = await allCommands();
    lab = await AcceptanceLab.startWithRouter();
    lab.withoutVintronics();
    folder = mkdtempSync(join(tmpdir(), "called-from-"));
});
afterAll(async () => {
    rmSync(folder, { recursive: true, force: true });
    await lab.stop();
});

/** The installed command, called from another folder with words that may be any bytes, which Node.js alone would not hand on. */
function tenants(words: readonly (string | Buffer)[], extra: Readonly<Record<string, string>> = {}) {
    const file = join(folder, ".words");
    writeFileSync(file, Buffer.concat(words.map((word) => Buffer.concat([Buffer.from(word), Buffer.of(0)]))));
    const script = 'mapfile -d "" -t words < "$1"; exec "$2" "${words[@]}"';
    const program = join(lab.workspace.root, "bin", "tenants");
    const { status, stdout, stderr } = spawnSync("bash", ["-c", script, "bash", file, program], {
        cwd: folder,
        encoding: "utf8",
        env: { ...lab.workspace.variables, LC_ALL: "C", ...extra },
        input: "",
        maxBuffer: 2 ** 26,
    });
    rmSync(file);
    return { status, stdout, stderr };
}

type Called = ReturnType<typeof tenants>;

/** Many calls from that folder, one after the other in one process, which no shell starts; of bytes it gets what Node.js makes of them. */
function inTurn(calls: readonly (readonly (string | Buffer)[])[]): Called[] {
    const { root, variables } = lab.workspace;
    const [given, ended] = ["calls.json", "called.json"].map((file) => join(root, file));
    writeFileSync(given!, JSON.stringify(calls.map((words) => words.map(String))));
    const program = [join(__dirname, "callsInTurn.js"), root, given!, ended!];
    const { stdout, stderr } = spawnSync(process.execPath, program, { cwd: folder, encoding: "utf8", env: variables });
    expect([stdout, stderr]).toEqual(["", ""]);
    return JSON.parse(readFileSync(ended!, "utf8")) as Called[];
}

/** Arguments with which a command does what it says, or says why not, without changing anything. */
function goodArguments({ arguments: args, name }: CommandDefinition): string[] {
    const values: Readonly<Record<string, string>> = {
        substrate: "dvntm",
        tenant: "grooveiq",
        vm: "grooveiq/db-vm01",
        shell: "bash",
    };
    return name === "new" ? ["dvntm", "sandbox"] : args.flatMap((one) => (one.optional ? [] : values[one.name]!));
}

describe("hostile values", () => {
    /** Each would make this file where anything took it for more than a value. */
    const probe = () => join(folder, "probe");
    const shell = (): Readonly<Record<string, string>> => ({
        quotes: `'; touch ${probe()}; '`,
        "a substitution": `$(touch ${probe()})`,
        backticks: `\`touch ${probe()}\``,
        lines: `dvntm\ntouch ${probe()}\n`,
    });
    const values = (): readonly (readonly [what: string, value: string | Buffer])[] => [
        ["what a shell takes for more", Object.values(shell()).join("")],
        ["a dash", `--touch=${probe()}`],
        ["10 kB", "x".repeat(10_240)],
        ["no UTF-8", Buffer.of(0x64, 0xff, 0xfe, 0x76)],
    ];

    /** Output as a person reads it: few lines, none too long, no stack trace and no escapes. */
    function expectReadable(told: string): void {
        expect(told).not.toMatch(/^\s+at |\p{Cc}(?<!\n)/mu);
        expect(told.length).toBeGreaterThan(10);
        expect(told.split("\n").length).toBeLessThan(30);
    }

    test("control: what a shell takes for more than a value is seen", () => {
        for (const [what, value] of Object.entries(shell())) {
            spawnSync("bash", ["-c", `echo ${what === "quotes" ? `'${value}'` : value}`]);
            expect([what, existsSync(probe())]).toEqual([what, true]);
            rmSync(probe());
        }
    });

    /** Calls with one of the values in the place of every argument of every command, and of the command. */
    const inArguments = (value: string | Buffer) => [
        [value],
        ...commands.flatMap((definition) => {
            const good = goodArguments(definition);
            return definition.arguments.map((_, at) => [definition.name, ...good.slice(0, at), value]);
        }),
    ];

    /** Calls with one of the values in every option of every command that has a value. */
    const inOptions = (what: string, value: string | Buffer) =>
        commands.flatMap((definition) => {
            const valued = Object.entries(optionsOf(definition)).filter(([, option]) => option.value !== undefined);
            return valued.map(([name, option]) => {
                // A file may be called by most of them: one in a folder that is not there.
                const away = (option.kind === "file" || option.kind === "folder") && what !== "a dash";
                const given = away ? Buffer.concat([Buffer.from("no/such/"), Buffer.from(value)]) : value;
                return [definition.name, ...goodArguments(definition), `--${name}`, given];
            });
        });

    /** The places of a call, to know it by where it fails. */
    const shortOf = (call: readonly (string | Buffer)[]) => call.slice(0, -1).map(String);

    test("in the place of every argument of every command, and of the command: refused, and nothing runs", () => {
        for (const [what, value] of values()) {
            const calls = inArguments(value);
            expect(calls.length).toBeGreaterThan(commands.length);
            inTurn(calls).forEach(({ status, stdout, stderr }, at) => {
                expect([what, shortOf(calls[at]!), status, stdout]).toEqual([what, shortOf(calls[at]!), 64, ""]);
                expectReadable(stderr);
            });
        }
        expect(existsSync(probe())).toBe(false);
    });

    test("in every option of every command that has a value: refused or not there, and nothing runs", () => {
        for (const [what, value] of values()) {
            const calls = inOptions(what, value);
            expect(calls.length).toBeGreaterThan(10);
            inTurn(calls).forEach(({ status, stderr }, at) => {
                const short = shortOf(calls[at]!);
                expect([what, short, [1, 64].includes(status!) || status]).toEqual([what, short, true]);
                expectReadable(stderr);
            });
        }
        expect(existsSync(probe())).toBe(false);
        expect(readdirSync(folder)).toEqual([]);
    });

    test("from a shell, in each kind of place: they reach the command as they are, and it says the same of them", () => {
        for (const [what, value] of values()) {
            const [command, , argument] = inArguments(value);
            const options = inOptions(what, value);
            const [text, file] = ["--policy", "--output"].map((name) => options.find((call) => call.includes(name))!);
            const calls = [command!, argument!, text!, file!];
            expect(calls.map((words) => tenants(words))).toEqual(inTurn(calls));
        }
        expect(existsSync(probe())).toBe(false);
        expect(readdirSync(folder)).toEqual([]);
    });
});

describe("what the token lacks is told before the CLI could take a VM that it may not see for deleted", () => {
    const log = () => join(lab.workspace.root, "started.log");

    /** Runs of the CLI since the last look, but those to tell its version. */
    function started(): string[] {
        const lines = existsSync(log()) ? readFileSync(log(), "utf8").split("\n") : [];
        rmSync(log(), { force: true });
        return lines.filter((line) => line !== "" && !line.startsWith("version"));
    }

    // The CLI that every command finds first writes down that it was started, and is the real one.
    beforeAll(() => {
        const { PATH = "" } = lab.workspace.variables;
        const real = spawnSync("bash", ["-c", "command -v pulumi"], { encoding: "utf8", env: { PATH } }).stdout.trim();
        const [tools, bin] = [join(lab.workspace.root, ".tools"), join(lab.workspace.root, ".tools", "bin")];
        rmSync(tools);
        mkdirSync(bin, { recursive: true });
        readdirSync(TOOLS).forEach((name) => name !== "bin" && symlinkSync(join(TOOLS, name), join(tools, name)));
        readdirSync(BIN).forEach((name) => name !== "pulumi" && symlinkSync(join(BIN, name), join(bin, name)));
        const script = `#!/bin/sh\necho "$*" >> '${log()}'\nexec '${real}' "$@"\n`;
        writeFileSync(join(bin, "pulumi"), script, { mode: 0o755 });
    });
    afterAll(() => {
        rmSync(join(lab.workspace.root, ".tools"), { recursive: true });
        symlinkSync(TOOLS, join(lab.workspace.root, ".tools"));
    });

    test.each([
        [["up", "dvntm", "--yes", "--", "--help"], ["up --stack dvntm"]],
        [["refresh", "dvntm", "--yes", "--", "--help"], ["refresh --stack dvntm"]],
        [["destroy", "dvntm", "--yes=dvntm", "--", "--help"], ["destroy --stack dvntm"]],
        // The tenant is not there, which a state in a folder says without the CLI.
        [["teardown", "dvntm", "grooveiq", "--yes=grooveiq"], []],
    ])("%j", async (words, runs) => {
        await lab.node.set({ without: ["VM.Audit"] });
        const { status, stdout, stderr } = tenants(words);
        expect([status, stdout, started()]).toEqual([1, "", []]);
        expect(stderr).toBe("hv02: the token deevnet@pve!pulumi lacks VM.Audit on /vms; see `tenants role`\n");
        // Control: a token that lacks nothing is seen to start it, and to come to an end.
        await lab.node.set({ without: [] });
        expect(tenants(words).status).toBe(0);
        const expected = runs.map((run) => expect.stringMatching(new RegExp(`^${run}`)) as unknown);
        expect(started()).toEqual(expect.arrayContaining(expected));
    });
});

test("behind -- what is hostile reaches Pulumi as it is, which refuses it", () => {
    const value = `$(touch ${join(folder, "probe")})`;
    const { status, stdout, stderr } = tenants(["preview", "dvntm", "--json", "--", "--no-such-flag", value]);
    expect([status, JSON.parse(stdout)]).toEqual([1, { substrate: "dvntm", changes: {} }]);
    expect(stderr).toContain("unknown flag: --no-such-flag");
    expect(readdirSync(folder)).toEqual([]);
});

describe("--json prints JSON alone, as its schema says", () => {
    const ajv = new Ajv2020({ allErrors: true, strict: true, strictTypes: false, allowUnionTypes: true });
    ajv.addKeyword("patternErrorMessage");
    ["outputs", "router-vars"].forEach((name) => ajv.addSchema(readSchema(name)));
    const told = new Set<string>();

    function readSchema(name: string): object {
        return JSON.parse(readFileSync(join(SCHEMAS, `${name}.schema.json`), "utf8")) as object;
    }

    /** Output of a command, which is as its schema says. */
    function printed(expected: number, name: string, ...words: string[]): Record<string, unknown> {
        const { output } = commands.find((one) => one.name === name)!;
        const { status, stdout, stderr } = tenants([name, ...words, "--json"]);
        expect([name, status, stderr]).toEqual([name, expected, stderr]);
        const validate = ajv.getSchema(`output/${output}.schema.json`) ?? ajv.compile(readSchema(`output/${output}`));
        const value = JSON.parse(stdout) as Record<string, unknown>;
        expect([name, validate(value), validate.errors ?? null]).toEqual([name, true, null]);
        told.add(name);
        return value;
    }

    test("what only reads the files", () => {
        printed(0, "validate");
        ["reachability", "capacity", "inventory", "role"].forEach((name) => printed(0, name, "dvntm"));
        lab.edit("Pulumi.dvntm.yaml", (text) => text.replace("mode: api", "mode: export"));
        printed(0, "router-vars", "dvntm");
        lab.edit("Pulumi.dvntm.yaml", (text) => text.replace("mode: export", "mode: api"));
        printed(0, "map", "dvntm", "--output", join(folder, "map.svg"));
        expect(printed(0, "new", "dvntm", "sandbox")).toMatchObject({ vlan: 51 });
        rmSync(join(lab.workspace.root, "tenants/dvntm/sandbox.yaml"));
        rmSync(join(folder, "map.svg"));
    });

    test("a substrate comes and goes: changes are told, and differences end with 2", async () => {
        const up = printed(0, "up", "dvntm", "--yes");
        expect(up["outputs"]).toHaveProperty("vms.length", 2);
        expect(up["changes"]).toHaveProperty("create");
        expect(printed(0, "preview", "dvntm", "--expect-no-changes")["changes"]).not.toHaveProperty("update");
        await lab.node.byHand("PUT", "/nodes/pve2/qemu/5001/config", { memory: "1024" });
        expect(printed(2, "preview", "dvntm", "--expect-no-changes")["changes"]).toHaveProperty("update", 1);
        expect(printed(2, "drift", "dvntm")["drift"]).toHaveLength(1);
        expect(printed(0, "refresh", "dvntm", "--yes")["changes"]).toHaveProperty("update");
        expect(printed(0, "recover", "dvntm")["settled"]).toEqual([]);
        expect(printed(0, "expiring", "dvntm")).toEqual([]);
        expect(printed(0, "reap", "dvntm", "--yes=dvntm")).toMatchObject({ reaped: [], refused: [] });
        expect(printed(0, "backups", "dvntm")["backups"]).toEqual([]);
        expect(printed(0, "snapshots", "dvntm")).toMatchObject({ snapshots: [], removed: [] });
        expect(printed(2, "restore-test", "dvntm")).toHaveProperty("tests.length", 2);
        expect(printed(0, "rotate", "dvntm", "--list")).toMatchObject({ rotated: [] });
        expect(printed(0, "teardown", "dvntm", "grooveiq", "--yes=grooveiq")).toMatchObject({ clean: true });
        expect(printed(0, "teardown", "dvntm", "grooveiq", "--yes=grooveiq")).toMatchObject({ changes: {} });
        expect(printed(0, "destroy", "dvntm", "--yes=dvntm")).toMatchObject({ clean: true });
    });

    test("control: every command that has it was called, but those that have tests of their own", () => {
        const all = commands.flatMap(({ name, output }) => (output === undefined ? [] : name));
        const tested = ["restore", "rollback", "fleet", "prove", "verify", "conformance", "lab"];
        expect(all.filter((name) => !told.has(name))).toEqual(tested);
    });
});
