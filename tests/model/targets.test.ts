import { execFileSync, spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parametersOf, slips, targetsIn } from "../../model/targets";
import { atTerminal } from "../terminal";

const ROOT = resolve(__dirname, "..", "..");

jest.setTimeout(120_000);

const targets = targetsIn(
    execFileSync("awk", ["-f", "completion/targets.awk", "Makefile"], { cwd: ROOT, encoding: "utf8" }),
);

function make(...args: readonly string[]) {
    const { status, stdout, stderr } = spawnSync("make", args, { cwd: ROOT, encoding: "utf8" });
    return { status, stdout, stderr };
}

describe("make alone", () => {
    test("lists every target, with its parameters", () => {
        const { status, stdout } = make();
        expect(status).toBe(0);
        expect(stdout).toMatch(/^ {2}up +pulumi up of SUBSTRATE.*\n +SUBSTRATE=<name> \[POLICY=off\] \[ARGS=\.\.\.\]/m);
        expect(stdout).toMatch(/^ {2}demo +the main job .*\n {2}test +all tests$/m);
        const listed = [...stdout.matchAll(/^ {2}([a-z-]+) /gm)].map(([, name]) => name);
        expect(listed).toEqual(targets.map(({ name }) => name));
    });

    test("every command is a target's, and its usage line tells that target's parameters", () => {
        const usages = readdirSync(join(ROOT, "commands")).flatMap((file) => {
            const text = readFileSync(join(ROOT, "commands", file), "utf8");
            const [, name, parameters] = /`usage: make ([a-z-]+) (.*)$/m.exec(text) ?? [];
            return name === undefined ? [] : [[name, parameters!.replace(/`.*/, "")]];
        });
        expect(usages.length).toBeGreaterThan(12);
        const told = new Map(targets.map(({ name, parameters }) => [name, parameters]));
        expect(usages.filter(([name]) => name !== "help")).toEqual(
            usages.filter(([name]) => name !== "help").map(([name]) => [name, told.get(name!)]),
        );
    });

    test("a parameter that a target takes is a variable of the Makefile", () => {
        const variables = [...readFileSync(join(ROOT, "Makefile"), "utf8").matchAll(/^([A-Z_]+) \?=/gm)];
        const taken = new Set(targets.flatMap(parametersOf));
        expect([...taken].sort()).toEqual(variables.map(([, name]) => name).sort());
    });
});

describe("make help", () => {
    test.each([
        ["teardown", /^usage: make teardown SUBSTRATE=<name> TENANT=<name> [^]*BACKUP=1 backs[^]*Exit 0;/],
        ["prove", /^usage: make prove SUBSTRATE=<name> [^]*Exit 0:/],
        ["refresh", /^usage: make refresh SUBSTRATE=<name> \[ARGS=\.\.\.\]\npulumi refresh of SUBSTRATE, with ARGS/],
        ["help", /^usage: make help \[TARGET=<target>\]\n/],
    ])("TARGET=%s tells all about it", (target, told) => {
        expect(make("help", `TARGET=${target}`)).toMatchObject({
            status: 0,
            stdout: expect.stringMatching(told) as string,
        });
    });

    test.each([
        ["a target asked about", ["help", "TARGET=teardwon"], /^teardwon is no target here; did you mean teardown\?/],
        ["a target to make", ["preveiw"], /^preveiw is no target here; did you mean preview\?/],
        ["a substrate", ["drift", "SUBSTRATE=dvntn"], /^dvntn is no substrate here; did you mean dvntm?/],
        [
            "a tenant",
            ["verify", "SUBSTRATE=dvntm", "TENANT=groveiq"],
            /^groveiq is no tenant here; did you mean grooveiq\?/,
        ],
        [
            "a parameter",
            ["teardown", "SUBSTRATE=dvntm", "BACUP=1"],
            /^make teardown takes no BACUP; did you mean BACKUP\?/,
        ],
        [
            "another's parameter",
            ["destroy", "SUBSTRATE=dvntm", "BACKUP=1"],
            /^make destroy takes no BACKUP; it takes SUBSTRATE, /,
        ],
    ])("%s that there is not: told, with the nearest", (_, args, told) => {
        const { status, stderr } = make("--no-print-directory", ...args);
        expect([status, stderr]).toEqual([2, expect.stringMatching(told)]);
        expect(stderr).not.toMatch(/^\s+at /m);
    });

    test("control: what is right is not told anything", () => {
        expect(make("-s", "capacity", "SUBSTRATE=dvntm", "JSON=1")).toMatchObject({ status: 0, stderr: "" });
        expect(make("-s", "capacity", "SUBSTRATE=dvntm", "PULUMI_HOME=/nowhere")).toMatchObject({
            status: 0,
            stderr: "",
        });
    });

    test("a goal that is not listed may take anything", () => {
        expect(slips(targets, ["capacity"], ["JSN"])).toHaveLength(1);
        expect(slips(targets, ["stack"], ["JSN"])).toEqual([]);
    });
});

describe("bash", () => {
    /** What bash offers for a line with the cursor at its end. */
    function offered(line: string, setup = "", folder = ROOT): string[] {
        const script = [
            `cd '${folder}'; source '${ROOT}/completion/make.bash'; ${setup}`,
            'COMP_LINE=$1; COMP_POINT=${#1}; __tenant_hypervisors make; printf "%s\\n" "${COMPREPLY[@]}"',
        ].join("\n");
        const printed = execFileSync("bash", ["--norc", "-c", script, "bash", line], { encoding: "utf8" });
        return printed.split("\n").filter((word) => word !== "");
    }

    test.each([
        ["make tear", ["teardown"]],
        ["make teardown ", ["SUBSTRATE=", "TENANT=", "YES=", "BACKUP="]],
        ["make teardown SUBSTRATE=dvntm ", ["TENANT=", "YES=", "BACKUP="]],
        ["make verify SUBSTRATE=dvntm T", ["TENANT="]],
        ["make SUBSTRATE=dvntm cap", ["capacity"]],
        ["make up SUBSTRATE=", ["dvnt", "dvntm"]],
        ["make up SUBSTRATE=dvntm", ["dvntm"]],
        ["make teardown SUBSTRATE=dvntm TENANT=", ["grooveiq", "vintronics"]],
        [
            "make teardown SUBSTRATE=dvnt TENANT=",
            readdirSync(join(ROOT, "tenants/dvnt")).map((file) => file.split(".")[0]!),
        ],
        ["make teardown TENANT=v", ["vintronics"]],
        ["make reachability FORMAT=", ["text", "markdown"]],
        ["make capacity JSON=", ["1"]],
        ["make router-vars INPUT=REA", ["README.md"]],
        ["make help TARGET=inv", ["inventory"]],
    ])("%j", (line, expected) => {
        expect(offered(line).sort()).toEqual([...expected].sort());
    });

    test("the name that confirms what goes away is nobody's to offer, nor what the target does not take", () => {
        expect(offered("make teardown SUBSTRATE=dvntm TENANT=grooveiq YES=")).toEqual([]);
        expect(offered("make capacity TENANT=")).toEqual([]);
        expect(offered("make verify TENANT=").length).toBeGreaterThan(0);
    });

    test("where bash does not split at =, the name of the parameter comes back with the value", () => {
        expect(offered("make up SUBSTRATE=dvntm", "COMP_WORDBREAKS=' '")).toEqual(["SUBSTRATE=dvntm"]);
    });

    test("in another folder make completes as it did", () => {
        const before = "before() { COMPREPLY=(theirs); }; complete -F before make; source completion/make.bash";
        expect(offered("make up SUBSTRATE=", before)).not.toContain("theirs");
        expect(offered("make up SUBSTRATE=", `${before}; cd /`)).toEqual(["theirs"]);
    });

    test("at a terminal the Tab key completes a value", () => {
        const { stdout } = atTerminal(
            "source completion/make.bash\nmake help TARGET=teard\t\nexit\n",
            "bash --norc --noprofile -i",
        );
        expect(stdout).toMatch(/^usage: make teardown SUBSTRATE=<name>/m);
    });
});
