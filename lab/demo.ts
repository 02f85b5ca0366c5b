/**
 * The main job on the simulated substrate, from `up` to `destroy`: what `make demo` runs. It ends with exit code 0 when
 * every step went as expected, else with 1 and the reason; with 130 when it was ended by Ctrl-C.
 */
import { hostSteps, steps, SUBSTRATE, type Lab, type Step } from "./demoSteps";
import { runLab, type LabRun } from "./ending";
import type { NodeState } from "./expect";
import { LabHost } from "./labHost";
import { SimulatedNode } from "./simulatedNode";
import { systemMissing } from "../tools/labSystem";
import { Workspace } from "./workspace";

const NEXT = `Next:
  bin/tenants preview dvnt        the plan of a substrate without a host: dvnt has none yet
  tenants/dvntm/                  a file a tenant: change one, or write one; bin/tenants validate checks them all
  bin/tenants prove dvntm         as root: real packets from inside the VMs of your tenants, and what stops them
  docs/first-substrate.md         your own node, step by step`;

async function demo({ signal, runs }: LabRun): Promise<number> {
    const started = Date.now();
    console.log(`The substrate ${SUBSTRATE} on a simulated PVE node (real Pulumi CLI, real bpg provider code):`);
    const lacks = systemMissing();
    const all = lacks === undefined ? [...steps.slice(0, -1), ...hostSteps, ...steps.slice(-1)] : steps;
    const node = await SimulatedNode.start();
    runs("the simulated node");
    let host: LabHost | undefined;
    try {
        signal.throwIfAborted();
        if (lacks === undefined) {
            host = await LabHost.start();
            runs("the lab host");
        }
        const workspace = await Workspace.create(SUBSTRATE, node);
        signal.addEventListener("abort", () => workspace.interrupt());
        runs("Pulumi");
        try {
            await runAll({ node, host, workspace }, all, signal);
        } finally {
            workspace.remove();
        }
    } finally {
        await host?.remove();
        await node.stop();
    }
    if (lacks !== undefined) {
        console.log(`Not shown: the host's baseline, since ${lacks}.`);
    }
    console.log(`All ${all.length} steps as expected, in ${seconds(started)} s. Nothing of it is left.\n\n${NEXT}`);
    return 0;
}

async function runAll(lab: Lab, all: readonly Step[], signal: AbortSignal): Promise<void> {
    const found = (await lab.node.state()) as NodeState;
    for (const [index, { title, run }] of all.entries()) {
        signal.throwIfAborted();
        const started = Date.now();
        console.log(`${index + 1}/${all.length} ${title}`);
        const [outcome, ...shown] = (await run(lab, found)).split("\n");
        console.log([`    ${outcome} (${seconds(started)} s)`, ...shown.map((line) => `      ${line}`)].join("\n"));
    }
}

function seconds(since: number): string {
    return ((Date.now() - since) / 1000).toFixed(1);
}

void runLab("demo", demo).then((code) => (process.exitCode = code));
