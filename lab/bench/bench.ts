/** The benchmark beside the peer: what `make bench` runs. */
import { readFileSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { buildProvider, findPeer, PROVIDER_VERSION } from "./peer";
import { measurePhases } from "./phases";
import { plotOf } from "./plot";
import { reportOf } from "./report";
import { rowsOf } from "./results";
import { timesInTables } from "./timesInTables";
import { SIDES, type Way } from "./side";
import { measureSeries, type NodeTimes, type Plan, type Sample } from "./series";

const HELP = `usage: make bench [VMS=1,20,100] [RUNS=5] [REAL=1] [LINKED=1] [WAYS=tenants,pulumi] [PHASES=1] [WRITE=1] [OUTPUT=figures.json]
Does the same work through this program (by its own command, and by pulumi alone) and through
Terraform (or OpenTofu), by turns, on one simulated node: prints wall time, user CPU, peak memory, API requests and their ratios. WRITE=1 puts them into docs/benchmark.md and its plot.
REAL=1 has the node take a real node's times, REAL=10 a tenth of those of its tasks. LINKED=1 makes linked clones. PHASES=1 says instead where
the time of one preview goes.`;

const DOCUMENTS = resolve(__dirname, "../../docs");

const WAYS = SIDES.filter((side) => side !== "peer");

const INSTANT: NodeTimes = { latency: 0, time_scale: 0, task_seconds: {} };

/** A real node's: two clones copy side by side. */
const REAL: NodeTimes = { latency: 0.02, time_scale: 1, task_seconds: { qmclone: 40, linked: 2, qmstart: 3 } };

/** Says what times the node took. */
function timesTold({ latency, time_scale: scale, task_seconds: tasks }: NodeTimes, linked: boolean): string {
    if (scale === 0) {
        return "The node's tasks end at once.";
    }
    const clone = linked
        ? `a linked clone takes ${tasks["linked"]} s`
        : `a clone takes ${tasks["qmclone"]} s, two side by side`;
    const shorter = scale === 1 ? "" : `, these tasks ${Math.round(1 / scale)} times shorter here`;
    return `The node answers after ${latency * 1000} ms; ${clone}, and a start ${tasks["qmstart"]} s${shorter}.`;
}

async function main(): Promise<void> {
    const { values } = parseArgs({
        options: {
            vms: { type: "string", default: "1,20,100" },
            runs: { type: "string", default: "5" },
            real: { type: "string" },
            linked: { type: "boolean", default: false },
            ways: { type: "string", default: WAYS.join() },
            phases: { type: "boolean", default: false },
            write: { type: "boolean", default: false },
            output: { type: "string" },
            help: { type: "boolean", default: false },
        },
    });
    if (values.help) {
        console.log(HELP);
        return;
    }
    const sizes = values.vms.split(",").map(wholeNumber);
    if (values.phases) {
        console.log(await measurePhases(sizes[0]!));
        return;
    }
    const runs = wholeNumber(values.runs);
    const kind = values.real === undefined ? "instant" : "real";
    const times = values.real === undefined ? INSTANT : { ...REAL, time_scale: 1 / wholeNumber(values.real) };
    const ways = values.ways.split(",").map(way);
    const { samples, peer } = await measureAll(sizes, { runs, times, linked: values.linked, ways });
    const rows = rowsOf(samples);
    const command = `make bench VMS=${values.vms} RUNS=${runs}${values.real === undefined ? "" : ` REAL=${values.real}`}${values.linked ? " LINKED=1" : ""}${values.ways === WAYS.join() ? "" : ` WAYS=${values.ways}`}`;
    const report = reportOf(rows, { command, machine: machine(), peer, runs, times: timesTold(times, values.linked) });
    console.log(`\n${report}`);
    if (values.output !== undefined) {
        writeFileSync(values.output, `${JSON.stringify({ command, machine: machine(), peer, samples }, null, 2)}\n`);
    }
    if (values.write) {
        insert(kind, report);
        writeFileSync(resolve(DOCUMENTS, `benchmark-${kind}.svg`), plotOf(timesInTables(report)));
    }
}

async function measureAll(sizes: readonly number[], work: Pick<Plan, "runs" | "times" | "linked" | "ways">) {
    const peer = findPeer();
    if (peer === undefined) {
        console.log("neither terraform nor tofu is on PATH: ours runs alone");
    } else {
        await buildProvider();
    }
    const samples: Sample[] = [];
    for (const vms of sizes) {
        samples.push(...(await measureSeries({ ...work, vms, peer: peer?.program, heard: tell })));
    }
    const name = peer && `${peer.program} ${peer.version} with bpg/proxmox ${PROVIDER_VERSION}`;
    return { samples, peer: name };
}

function tell({ vms, run, side, step, seconds, requests, peakMiB }: Sample): void {
    const figures = `${seconds.toFixed(2).padStart(8)} s ${String(requests).padStart(6)} requests ${peakMiB} MiB`;
    console.log(`${String(vms).padStart(4)} VMs, run ${run}, ${side.padEnd(7)}: ${step.padEnd(24)} ${figures}`);
}

function machine(): string {
    return `${cpus().length} cores (${cpus()[0]?.model ?? "unknown"}), ${Math.round(totalmem() / 1024 ** 3)} GiB`;
}

/** Puts figures into the document, in place of the last ones of their kind. */
function insert(kind: string, figures: string): void {
    const file = resolve(DOCUMENTS, "benchmark.md");
    const [begin, end] = [`<!-- ${kind}: written by make bench -->`, `<!-- end of ${kind} -->`];
    const text = readFileSync(file, "utf8");
    const [from, to] = [text.indexOf(begin), text.indexOf(end)];
    if (from < 0 || to < from) {
        throw new Error(`docs/benchmark.md has no place for these figures, between ${begin} and ${end}`);
    }
    writeFileSync(file, `${text.slice(0, from)}${begin}\n${figures}\n${text.slice(to)}`);
}

function way(text: string): Way {
    const found = WAYS.find((one) => one === text);
    if (found === undefined) {
        throw new Error(`${JSON.stringify(text)} is none of ${WAYS.join(", ")}\n${HELP}`);
    }
    return found;
}

function wholeNumber(text: string): number {
    if (!/^[1-9]\d*$/.test(text)) {
        throw new Error(`${JSON.stringify(text)} is not a whole number of 1 or more\n${HELP}`);
    }
    return Number(text);
}

main().catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
});
