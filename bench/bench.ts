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
import { measureSeries, type NodeTimes, type Sample } from "./series";

const HELP = `usage: make bench [VMS=1,20,100] [RUNS=5] [REAL=1] [PHASES=1] [WRITE=1] [OUTPUT=figures.json]
Does the same work through this program and through Terraform (or OpenTofu), by turns, on one simulated node: prints wall
time, user CPU, peak memory, API requests and their ratios. WRITE=1 puts them into docs/benchmark.md and its plot.
REAL=1 has the node take a real node's times: 20 ms for an answer, and minutes for a clone. PHASES=1 says instead where
the time of one preview goes.`;

const DOCUMENTS = resolve(__dirname, "..", "docs");

const INSTANT: NodeTimes = { latency: 0, time_scale: 0 };

/** A full clone of the simulated template takes 40 s of PVE's time, and a start 3 s. */
const REAL: NodeTimes = { latency: 0.02, time_scale: 1 };

const TIMES = {
    instant: "The node's tasks end at once.",
    real: "The node answers after 20 ms, and its tasks take a real node's time.",
};

async function main(): Promise<void> {
    const { values } = parseArgs({
        options: {
            vms: { type: "string", default: "1,20,100" },
            runs: { type: "string", default: "5" },
            real: { type: "boolean", default: false },
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
    const kind = values.real ? "real" : "instant";
    const { samples, peer } = await measureAll(sizes, runs, values.real ? REAL : INSTANT);
    const rows = rowsOf(samples);
    const command = `make bench VMS=${values.vms} RUNS=${runs}${values.real ? " REAL=1" : ""}`;
    const report = reportOf(rows, { command, machine: machine(), peer, runs, times: TIMES[kind] });
    console.log(`\n${report}`);
    if (values.output !== undefined) {
        writeFileSync(values.output, `${JSON.stringify({ command, machine: machine(), peer, samples }, null, 2)}\n`);
    }
    if (values.write) {
        insert(kind, report);
        writeFileSync(resolve(DOCUMENTS, `benchmark-${kind}.svg`), plotOf(rows));
    }
}

async function measureAll(sizes: readonly number[], runs: number, times: NodeTimes) {
    const peer = findPeer();
    if (peer === undefined) {
        console.log("neither terraform nor tofu is on PATH: ours runs alone");
    } else {
        await buildProvider();
    }
    const samples: Sample[] = [];
    for (const vms of sizes) {
        samples.push(...(await measureSeries({ vms, runs, times, peer: peer?.program, heard: tell })));
    }
    const name = peer && `${peer.program} ${peer.version} with bpg/proxmox ${PROVIDER_VERSION}`;
    return { samples, peer: name };
}

function tell({ vms, run, side, step, seconds, requests, peakMiB }: Sample): void {
    const figures = `${seconds.toFixed(2).padStart(8)} s ${String(requests).padStart(6)} requests ${peakMiB} MiB`;
    console.log(`${String(vms).padStart(4)} VMs, run ${run}, ${side}: ${step.padEnd(24)} ${figures}`);
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
