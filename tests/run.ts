/**
 * Runs the test suites, all of them or those named, and ends with one line that counts every test: `N passed, N failed`.
 * A suite that cannot run at all counts as one failure.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { LAB_PYTHON } from "../lab/venv";
import { BIN } from "../tools/parts";

const ROOT = resolve(__dirname, "..");

/** What make hands to the commands it starts: a make that a test starts would print the folders it enters. */
const OF_MAKE = ["MAKEFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "MFLAGS"];

interface Count {
    passed: number;
    failed: number;
}

/** A suite that ran. */
interface Stage extends Count {
    readonly name: string;
    readonly seconds: number;
}

/** Runs one suite and counts; `report` is a file that the runner may write its results to. */
type Suite = (report: string) => Count;

const suites: Readonly<Record<string, Suite>> = {
    lint: () => command("make", ["--no-print-directory", "lint", "verify"]),
    model: (report) => jest("model", report),
    components: (report) => jest("components", report),
    router: (report) => jest("router", report),
    tools: (report) => sum(jest("tools", report), goTest()),
    lab: (report) => pytest(report),
    browser: (report) => jest("browser", report),
    acceptance: (report) => jest("acceptance", report),
};

function main(): void {
    const wanted = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(suites);
    const stages: Stage[] = [];
    const folder = mkdtempSync(join(tmpdir(), "test-reports-"));
    try {
        for (const name of wanted) {
            const started = Date.now();
            console.log(`--- ${name}`);
            const count = suites[name]?.(join(folder, name)) ?? unknown(name);
            stages.push({ name, ...count, seconds: Math.round((Date.now() - started) / 1000) });
            console.log(`--- ${lineOf(stages.at(-1)!)}`);
        }
    } finally {
        rmSync(folder, { recursive: true, force: true });
    }
    if (stages.length > 1) {
        console.log(["", "how long each stage took:", ...stages.map((stage) => `  ${lineOf(stage)}`)].join("\n"));
    }
    const { passed, failed } = sum(...stages);
    console.log(`${passed} passed, ${failed} failed`);
    process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
}

function lineOf({ name, passed, failed, seconds }: Stage): string {
    return `${name}: ${passed} passed, ${failed} failed, ${seconds} s`;
}

function unknown(name: string): Count {
    console.error(`${name} is no suite; allowed: ${Object.keys(suites).join(", ")}`);
    return { passed: 0, failed: 1 };
}

function sum(...counts: readonly Count[]): Count {
    return counts.reduce((a, b) => ({ passed: a.passed + b.passed, failed: a.failed + b.failed }));
}

/** A command that passes or fails as a whole. */
function command(program: string, args: readonly string[]): Count {
    return run(program, args) === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}

function jest(project: string, report: string): Count {
    const args = ["--selectProjects", project, "--json", "--outputFile", report, "--silent=false"];
    const status = run("node_modules/.bin/jest", project === "acceptance" ? [...args, "--runInBand"] : args);
    const results = readReport<{ numPassedTests: number; numFailedTests: number; numFailedTestSuites: number }>(report);
    return counted(status, {
        passed: results?.numPassedTests ?? 0,
        failed: Math.max(results?.numFailedTests ?? 1, results?.numFailedTestSuites ?? 1),
    });
}

function pytest(report: string): Count {
    const status = run(
        LAB_PYTHON,
        ["-m", "pytest", "-q", "-p", "no:cacheprovider", "--junitxml", report, "tests/lab"],
        {
            PYTHONPATH: join(ROOT, "lab"),
            PYTHONDONTWRITEBYTECODE: "1",
        },
    );
    const suite = /<testsuite [^>]*>/.exec(readText(report) ?? "")?.[0] ?? "";
    const number = (name: string) => Number(new RegExp(` ${name}="(\\d+)"`).exec(suite)?.[1] ?? 0);
    const failed = number("failures") + number("errors");
    return counted(status, { passed: number("tests") - failed - number("skipped"), failed });
}

function goTest(): Count {
    const { stdout, status } = spawnSync("go", ["test", "-json", "./..."], {
        cwd: join(ROOT, "tools"),
        encoding: "utf8",
        maxBuffer: 2 ** 28,
        stdio: ["ignore", "pipe", "inherit"],
    });
    const events = stdout
        .split("\n")
        .filter((line) => line.startsWith("{"))
        .map((line) => JSON.parse(line) as { Action: string; Test?: string; Output?: string });
    const ended = (action: string) => events.filter((event) => event.Action === action && event.Test !== undefined);
    if (status !== 0) {
        console.log(events.map((event) => event.Output ?? "").join(""));
    }
    return counted(status, { passed: ended("pass").length, failed: ended("fail").length });
}

/** A runner that failed without a failed test, or that ran nothing, is a failure too. */
function counted(status: number | null, count: Count): Count {
    const silent = (status !== 0 && count.failed === 0) || count.passed + count.failed === 0;
    return silent ? { ...count, failed: 1 } : count;
}

function run(program: string, args: readonly string[], extra: Readonly<Record<string, string>> = {}): number | null {
    const env: NodeJS.ProcessEnv = { ...process.env, PATH: `${BIN}${delimiter}${process.env["PATH"] ?? ""}`, ...extra };
    OF_MAKE.forEach((name) => delete env[name]);
    return spawnSync(program, args, { cwd: ROOT, env, stdio: ["ignore", "inherit", "inherit"] }).status;
}

function readReport<T>(file: string): T | undefined {
    const text = readText(file);
    return text === undefined ? undefined : (JSON.parse(text) as T);
}

function readText(file: string): string | undefined {
    try {
        return readFileSync(file, "utf8");
    } catch {
        return undefined;
    }
}

main();
