import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { LAB_SUBSTRATE } from "../definitions";
import { SimulatedNode } from "../simulatedNode";
import { Workspace } from "../workspace";
import { EmptyProgram } from "./empty";
import { Ours } from "./ours";
import { spreadOf } from "./results";
import { measure, type Command } from "./side";

/** When the program came to what, in milliseconds since 1970; see marks.js and index.ts. */
type Marks = Readonly<Record<"node" | "main" | "program" | "checked" | "surveyed" | "declared" | "exit", number>>;

/** Phases of a preview in their order, with what ends each. */
const PHASES: readonly (readonly [phase: string, end: keyof Marks | "end"])[] = [
    ["CLI, language host and provider start; refresh", "node"],
    ["Node.js and Pulumi's runtime start", "main"],
    ["load: Pulumi's SDK, the program", "program"],
    ["check: definitions", "checked"],
    ["survey: node and state; load the provider's SDK", "surveyed"],
    ["register: declare", "declared"],
    ["engine and provider: check and diff, answers", "exit"],
    ["CLI ends", "end"],
];

const RUNS = 5;

/** Says where the time of a preview of so many VMs with nothing to do goes, and what an empty Pulumi program takes. */
export async function measurePhases(vms: number): Promise<string> {
    const node = await SimulatedNode.start();
    const workspace = await Workspace.create(LAB_SUBSTRATE, node);
    const empty = await EmptyProgram.create();
    try {
        const ours = new Ours("pulumi", workspace, vms, false);
        ours.reset();
        await measure(node, ours.command("create"));
        const marks = join(workspace.root, "marks.json");
        const command = withMarks(ours.command("preview, nothing to do"), marks);
        // Once before, so that nothing is compiled.
        await measure(node, command);
        const previews = [];
        for (let run = 0; run < RUNS; run++) {
            const begin = Date.now();
            const { cpu } = await measure(node, command);
            const times = JSON.parse(readFileSync(marks, "utf8")) as Marks;
            const seconds = secondsOf({ ...times, end: Date.now() }, begin);
            previews.push({ cpu, seconds, empty: (await measure(node, empty.preview())).seconds });
        }
        return told(vms, previews);
    } finally {
        empty.remove();
        workspace.remove();
        await node.stop();
    }
}

function withMarks(command: Command, file: string): Command {
    const preload = `--require ${resolve(__dirname, "marks.js")}`;
    return { ...command, env: { ...command.env, NODE_OPTIONS: preload, BENCH_MARKS: file } };
}

function secondsOf(marks: Marks & { readonly end: number }, begin: number): number[] {
    let last = begin;
    return PHASES.map(([, end]) => {
        const seconds = (marks[end] - last) / 1000;
        last = marks[end];
        return seconds;
    });
}

interface Preview {
    readonly seconds: readonly number[];
    readonly cpu: Readonly<Record<string, number>>;
    /** Seconds of an empty program's preview, right after it. */
    readonly empty: number;
}

function told(vms: number, previews: readonly Preview[]): string {
    const medians = PHASES.map((_, index) => spreadOf(previews.map(({ seconds }) => seconds[index]!)).median);
    const total = medians.reduce((sum, seconds) => sum + seconds, 0);
    const empty = spreadOf(previews.map((one) => one.empty)).median;
    const lines = PHASES.map(([phase], index) => {
        const share = Math.round((medians[index]! / total) * 100);
        return `| ${phase} | ${medians[index]!.toFixed(2)} | ${share} % |`;
    });
    const programs = [...new Set(previews.flatMap(({ cpu }) => Object.keys(cpu)))];
    const user = programs.map((name) => {
        const median = spreadOf(previews.map(({ cpu }) => cpu[name] ?? 0)).median;
        return `${name} ${median.toFixed(2)} s`;
    });
    return [
        `Preview of ${vms} VM${vms === 1 ? "" : "s"} with nothing to do, the median of ${RUNS}: ${total.toFixed(2)} s`,
        "",
        "| phase | s | share |",
        "|---|---|---|",
        ...lines,
        "",
        `User CPU: ${user.join(", ")}. An empty Pulumi program, by turns: ${empty.toFixed(2)} s; ours ${(total / empty).toFixed(2)} times that.`,
    ].join("\n");
}
