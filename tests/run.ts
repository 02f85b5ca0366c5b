/**
 * Runs the test stages, all of them or those named, and ends with one line that counts every test: `N passed, N failed`. All
 * of them run in three lanes side by side. TIMES repeats the run, each time in another random order.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { command, goTest, jest, pytest, type Ran } from "./runners";

/** Lines of each failure that are told once more in the end: where a log is cut, that is what is left of it. */
const TOLD_LINES = 12;

/** Workers of jest beside the other lanes: together they keep two cores busy, as much of a test's time is waiting. */
const WORKERS = "--maxWorkers=4";

/** Runs one after the other; `report` names a file that a runner may write. */
type Lane = readonly ((report: string) => Promise<Ran[]>)[];

const lint = () => command("lint", "make", ["--no-print-directory", "lint"]);
const inBand =
    (...projects: string[]) =>
    (report: string) =>
        jest(projects, ["--runInBand"], report);
const side =
    (...projects: string[]) =>
    (report: string) =>
        jest(projects, [WORKERS], report);

const stages: Readonly<Record<string, readonly Lane[]>> = {
    lint: [[lint]],
    pure: [[side("pure")]],
    components: [[side("components")]],
    router: [[side("router")]],
    tools: [[side("tools"), goTest]],
    lab: [[pytest]],
    browser: [[side("browser")]],
    acceptance: [[side("acceptance")], [inBand("namespaces")]],
};

/** Files that may run side by side are one lane, which the workers share: the others end before it, so that no core waits for one. */
const all: readonly Lane[] = [
    [side("acceptance", "pure", "components", "router", "tools", "browser")],
    [inBand("namespaces")],
    [lint, pytest, goTest],
];

async function main(): Promise<void> {
    const wanted = process.argv.slice(2);
    const unknown = wanted.filter((name) => stages[name] === undefined);
    if (unknown.length > 0) {
        console.error(`${unknown.join(", ")}: no such stage; allowed: ${Object.keys(stages).join(", ")}`);
        process.exitCode = 64;
        return;
    }
    const lanes = wanted.length === 0 ? all : wanted.flatMap((name) => stages[name]!);
    const ran: Ran[] = [];
    const times = Number(process.env["TIMES"] ?? 1);
    for (let time = 1; time <= times; time++) {
        if (times > 1) {
            process.env["TEST_SEED"] = String(time);
            console.log(`--- ${time} of ${times}, order ${time}`);
        }
        ran.push(...(await runAll(lanes)));
    }
    report(ran);
    const { passed, failed } = sum(ran);
    console.log(`${passed} passed, ${failed} failed`);
    process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
}

async function runAll(lanes: readonly Lane[]): Promise<Ran[]> {
    const folder = mkdtempSync(join(tmpdir(), "test-reports-"));
    const started = Date.now();
    try {
        const results = await Promise.all(
            lanes.map(async (lane, number) => {
                const ran: Ran[] = [];
                for (const [step, runner] of lane.entries()) {
                    ran.push(...(await runner(join(folder, `${number}-${step}`))));
                }
                return ran;
            }),
        );
        return results.flat();
    } finally {
        rmSync(folder, { recursive: true, force: true });
        console.log(`--- all of it took ${Math.round((Date.now() - started) / 1000)} s`);
    }
}

/** Prints time and CPU of each file that took a second or more, and of each stage. Files of a lane run side by side. */
function report(ran: readonly Ran[]): void {
    const line = ({ passed, failed, seconds, cpu }: ReturnType<typeof sum>, name: string) =>
        `  ${seconds.toFixed(0).padStart(5)} s  ${cpu.toFixed(0).padStart(5)} s of CPU  ${String(passed).padStart(5)} passed  ${failed} failed  ${name}`;
    const files = grouped(ran, ({ file }) => file);
    const long = [...files].map(([file, of]) => [file, sum(of)] as const).filter(([, { seconds }]) => seconds >= 1);
    console.log("\nseconds and CPU of each file, and of each stage as the sum of its files, which run side by side:");
    long.sort(([, a], [, b]) => b.seconds - a.seconds).forEach(([file, of]) => console.log(line(of, file)));
    console.log(`  ${files.size - long.length} files of less than a second\n`);
    grouped(ran, ({ stage }) => stage).forEach((of, stage) => console.log(line(sum(of), stage)));
    const failing = [...files].filter(([, of]) => sum(of).failed > 0).map(([file]) => file);
    console.log(failing.length === 0 ? "" : `\nfailed: ${failing.join(", ")}\n`);
    for (const { file, failures = [] } of ran) {
        failures.forEach((why) => console.log(`${file}: ${why.split("\n").slice(0, TOLD_LINES).join("\n")}\n`));
    }
}

function grouped(ran: readonly Ran[], by: (one: Ran) => string): Map<string, Ran[]> {
    const groups = new Map<string, Ran[]>();
    ran.forEach((one) => groups.set(by(one), [...(groups.get(by(one)) ?? []), one]));
    return groups;
}

function sum(ran: readonly Ran[]): Pick<Ran, "passed" | "failed" | "seconds" | "cpu"> {
    return ran.reduce(
        (total, { passed, failed, seconds, cpu }) => ({
            passed: total.passed + passed,
            failed: total.failed + failed,
            seconds: total.seconds + seconds,
            cpu: total.cpu + cpu,
        }),
        { passed: 0, failed: 0, seconds: 0, cpu: 0 },
    );
}

void main();
