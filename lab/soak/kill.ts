import { setTimeout as pause } from "node:timers/promises";
import { processesIn } from "../processes";
import type { SimulatedNode } from "../simulatedNode";
import type { Workspace } from "../workspace";

/** How often the node is asked what it saw, and how long nothing may be heard before all counts as quiet. */
const LOOK_MS = 20;
const QUIET_MS = 700;

/**
 * Runs `pulumi up` and kills the CLI once the node was asked for so many changes; a run that asks for fewer ends by
 * itself. Pulumi's plugins outlive a CLI that is killed, idle: they are ended once the node hears nothing more.
 */
export async function upKilled(workspace: Workspace, node: SimulatedNode, writes: number): Promise<void> {
    await node.forgetRequests();
    await node.set({ latency: 0.03 });
    let ended = false;
    const run = workspace.pulumi(["up", "--yes", "--skip-preview"]).finally(() => (ended = true));
    while (!ended && (await asked(node)).writes < writes) {
        await pause(LOOK_MS);
    }
    workspace.kill();
    await run;
    for (let before = -1, now = 0; before !== now; now = (await asked(node)).all) {
        before = now;
        await pause(QUIET_MS);
    }
    processesIn(workspace.root).forEach(({ pid }) => process.kill(pid, "SIGKILL"));
    await node.set({ latency: 0 });
}

async function asked(node: SimulatedNode): Promise<{ writes: number; all: number }> {
    const requests = await node.requests();
    return { writes: requests.filter(({ method }) => method !== "GET").length, all: requests.length };
}
