import { setTimeout as pause } from "node:timers/promises";
import { isVictim } from "../kills/victims";
import { killProcess, processesIn } from "../processes";
import type { SimulatedNode } from "../simulatedNode";
import type { Workspace } from "../workspace";

/** How often the node is asked what it saw, and how long nothing may be heard before all counts as quiet. */
const LOOK_MS = 20;
const QUIET_MS = 700;

/**
 * Runs `tenants up` and kills it with its CLI once the node was asked for so many changes; a run that asks for fewer ends by
 * itself. Pulumi's plugins outlive a CLI that is killed, idle: they are ended once the node hears nothing more.
 */
export async function upKilled(workspace: Workspace, node: SimulatedNode, writes: number): Promise<void> {
    await node.forgetRequests();
    await node.set({ latency: 0.03 });
    let ended = false;
    const run = workspace.command("up", workspace.stack, "--", "--yes", "--skip-preview").finally(() => (ended = true));
    while (!ended && (await asked(node)).writes < writes) {
        await pause(LOOK_MS);
    }
    // First the command, which would end the plugins of a CLI that is killed.
    for (const victim of ["command", "CLI"] as const) {
        processesIn(workspace.root)
            .filter(({ command }) => isVictim(victim, command))
            .forEach(({ pid }) => killProcess(pid));
    }
    await run;
    for (let before = -1, now = 0; before !== now; now = (await asked(node)).all) {
        before = now;
        await pause(QUIET_MS);
    }
    processesIn(workspace.root).forEach(({ pid }) => killProcess(pid));
    await node.set({ latency: 0 });
}

async function asked(node: SimulatedNode): Promise<{ writes: number; all: number }> {
    const requests = await node.requests();
    return { writes: requests.filter(({ method }) => method !== "GET").length, all: requests.length };
}
