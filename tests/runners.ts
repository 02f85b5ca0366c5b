/** Runs of jest, pytest, go test and commands, each with what every file of it came to. */
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { delimiter, join, relative, resolve } from "node:path";
import { LAB_PYTHON } from "../lab/venv";
import { BIN } from "../tools/parts";

const ROOT = resolve(__dirname, "..");

/** Variables that make hands to the commands it starts: a make that a test starts would print the folders it enters. */
const OF_MAKE = ["MAKEFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "MFLAGS"];

/** One file of tests that ran, or a command that counts as one. */
export interface Ran {
    readonly stage: string;
    readonly file: string;
    readonly passed: number;
    readonly failed: number;
    readonly seconds: number;
    /** CPU seconds of it and of all that it started, which say what it costs on a machine that does more. */
    readonly cpu: number;
    /** Each test that failed, with why; missing where none did. */
    readonly failures?: readonly string[];
}

/** How a program ended, and what it said on its standard output. */
interface Ended {
    readonly status: number | null;
    readonly stdout: string;
    readonly seconds: number;
    readonly cpu: number;
}

interface JestReport {
    readonly testResults: readonly {
        readonly name: string;
        readonly status: string;
        readonly startTime: number;
        readonly endTime: number;
        /** Why it could not be loaded. */
        readonly message: string;
        readonly assertionResults: readonly {
            readonly status: string;
            readonly fullName: string;
            readonly failureMessages: readonly string[];
        }[];
    }[];
}

/** A command that passes or fails as a whole. */
export async function command(stage: string, program: string, args: readonly string[]): Promise<Ran[]> {
    const { status, seconds, cpu } = await run(program, args);
    return [{ stage, file: stage, passed: status === 0 ? 1 : 0, failed: status === 0 ? 0 : 1, seconds, cpu }];
}

/**
 * Runs jest's projects.
 *
 * @param report a file that jest may write its results to.
 * @returns one entry a file, whose stage is its folder below tests/. A run that failed without a failed test, or that ran
 *     nothing, is a failure.
 */
export async function jest(projects: readonly string[], args: readonly string[], report: string): Promise<Ran[]> {
    const output = ["--json", "--outputFile", report, "--silent=false"];
    const spent = `${report}.cpu`;
    const { status, seconds, cpu } = await run(
        "node_modules/.bin/jest",
        ["--selectProjects", ...projects, ...output, ...args],
        { TEST_CPU: spent },
    );
    const cpuOf = cpuByFile(spent);
    const { testResults } = readReport<JestReport>(report) ?? { testResults: [] };
    const files = testResults.map(({ name, status: outcome, startTime, endTime, assertionResults, message }) => {
        const file = relative(join(ROOT, "tests"), name);
        const count = (wanted: string) => assertionResults.filter((test) => test.status === wanted).length;
        const failing = assertionResults.filter((test) => test.status === "failed");
        const failures = failing.map((test) => `${test.fullName}\n${test.failureMessages.join("\n")}`);
        return {
            stage: file.split("/")[0]!,
            file,
            passed: count("passed"),
            // A file that could not be loaded, or whose clean-up failed, has no failed test.
            failed: Math.max(count("failed"), outcome === "failed" ? 1 : 0),
            seconds: (endTime - startTime) / 1000,
            cpu: cpuOf.get(name) ?? 0,
            ...(outcome === "failed" && { failures: failures.length > 0 ? failures : [message] }),
        };
    });
    return counted(status, files, { stage: projects[0]!, file: projects.join(", "), seconds, cpu });
}

/** CPU seconds by the path of the test file, as tests/environment.js writes them. */
function cpuByFile(spent: string): ReadonlyMap<string, number> {
    const lines = existsSync(spent) ? readFileSync(spent, "utf8").split("\n").filter(Boolean) : [];
    return new Map(lines.map((line) => [line.slice(line.indexOf(" ") + 1), Number.parseFloat(line)]));
}

/** Runs the tests of the simulated node and router. */
export async function pytest(report: string): Promise<Ran[]> {
    const args = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "--junitxml", report, "tests/lab"];
    const { status, seconds, cpu } = await run(LAB_PYTHON, args, {
        PYTHONPATH: join(ROOT, "lab"),
        PYTHONDONTWRITEBYTECODE: "1",
    });
    const suite = /<testsuite [^>]*>/.exec(existsSync(report) ? readFileSync(report, "utf8") : "")?.[0] ?? "";
    const number = (name: string) => Number(new RegExp(` ${name}="(\\d+)"`).exec(suite)?.[1] ?? 0);
    const failed = number("failures") + number("errors");
    const ran = {
        stage: "lab",
        file: "lab",
        passed: number("tests") - failed - number("skipped"),
        failed,
        seconds,
        cpu,
    };
    return counted(status, [ran], ran);
}

/**
 * Runs the tests of the plugins that are built here, with the flags that they are built with: others would compile all anew. With
 * TEST_SEED they are in a random order.
 */
export async function goTest(): Promise<Ran[]> {
    const { TEST_SEED: seed } = process.env;
    const order = seed ? [`-shuffle=${seed}`] : [];
    const args = ["-C", "tools", "test", "-trimpath", "-mod=readonly", "-json", ...order, "./..."];
    const { status, stdout, seconds, cpu } = await run("go", args, {}, true);
    const events = stdout
        .split("\n")
        .filter((line) => line.startsWith("{"))
        .map((line) => JSON.parse(line) as { Action: string; Test?: string; Output?: string });
    const ended = (action: string) =>
        events.filter((event) => event.Action === action && event.Test !== undefined).length;
    if (status !== 0) {
        console.log(events.map((event) => event.Output ?? "").join(""));
    }
    const ran = { stage: "tools", file: "tools (go test)", passed: ended("pass"), failed: ended("fail"), seconds, cpu };
    return counted(status, [ran], ran);
}

/** A runner that failed without a failed test, or that ran nothing, is a failure too. */
function counted(status: number | null, files: readonly Ran[], whole: Omit<Ran, "passed" | "failed">): Ran[] {
    const failed = files.some((file) => file.failed > 0);
    const nothing = files.every((file) => file.passed + file.failed === 0);
    const silent = (status !== 0 && !failed) || nothing;
    return silent ? [...files, { ...whole, passed: 0, failed: 1 }] : [...files];
}

/** Runs the program that it is given, and tells on descriptor 3 how much CPU it and all that it waited for took. */
const TIMED = '"$@" 3>&-; status=$?; times >&3; exit $status';

/** CPU seconds in what bash's `times` prints: minutes and seconds, of the shell itself and of what it waited for. */
function secondsIn(times: string): number {
    return [...times.matchAll(/(\d+)m(\d+).(\d+)s/g)].reduce(
        (sum, [, m, s, part]) => sum + Number(m) * 60 + Number(`${s}.${part}`),
        0,
    );
}

/** Runs a program in the project's folder; all that it says is passed on, but for a standard output that is only read. */
async function run(
    program: string,
    args: readonly string[],
    extra: Readonly<Record<string, string>> = {},
    quiet = false,
): Promise<Ended> {
    const env: NodeJS.ProcessEnv = { ...process.env, PATH: `${BIN}${delimiter}${process.env["PATH"] ?? ""}`, ...extra };
    OF_MAKE.forEach((name) => delete env[name]);
    const started = Date.now();
    const timed = ["-c", TIMED, "bash", program, ...args];
    const child = spawn("bash", timed, { cwd: ROOT, env, stdio: ["ignore", "pipe", "pipe", "pipe"] });
    let [stdout, times] = ["", ""];
    child.stdio[3]!.on("data", (text: Buffer) => (times += text.toString()));
    child.stdout!.setEncoding("utf8").on("data", (text: string) => {
        if (quiet) {
            stdout += text;
        } else {
            process.stdout.write(text);
        }
    });
    child.stderr!.on("data", (text: Buffer) => process.stderr.write(text));
    const status = await new Promise<number | null>((done) => {
        child.once("error", (error) => {
            console.error(`${program}: ${error.message}`);
            done(null);
        });
        child.once("close", done);
    });
    return { status, stdout, seconds: (Date.now() - started) / 1000, cpu: secondsIn(times) };
}

function readReport<T>(file: string): T | undefined {
    return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as T) : undefined;
}
