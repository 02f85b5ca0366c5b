import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { repairState } from "../../state/repair";
import type { Substrate } from "../../substrate/substrate";
import { isOnNode, removeHalfMade } from "../../node/leftovers";
import { removeStrays } from "../../node/strays";
import { withNodes } from "./nodes";
import { exportStack, pulumi, type Exported } from "./pulumi";
import { releaseStack } from "../../state/staleLocks";

/**
 * Settles what an interrupted run left behind, so that the next one can go on: a lock, files of the state, creations that
 * Pulumi never heard the end of, clones that were never configured nor started.
 *
 * @returns what was settled, in words.
 * @throws Refusal where another run is under way, NodeError where the node cannot be asked.
 */
export async function recoverStack(substrate: Substrate): Promise<string[]> {
    return [...releaseStack(substrate.name), ...(await settle(substrate))];
}

async function settle(substrate: Substrate): Promise<string[]> {
    if (substrate.status === "planned") {
        return [];
    }
    return withNodes(substrate, async (clients) => {
        const exported = exportStack(substrate.name);
        const repair = await repairState(exported.deployment, (resource) => isOnNode(clients, resource));
        if (repair.notes.length > 0) {
            importState(substrate.name, { ...exported, deployment: repair.deployment });
        }
        const resources = repair.deployment.resources ?? [];
        const clones = await removeHalfMade(clients, substrate, resources);
        return [...repair.notes, ...clones, ...(await removeStrays(clients, substrate, resources))];
    });
}

/** The state holds secrets only encrypted, and this file is its owner's alone, until it is gone at once. */
function importState(stack: string, state: Exported): void {
    const folder = mkdtempSync(join(tmpdir(), "recover-"));
    try {
        const file = join(folder, "state.json");
        writeFileSync(file, JSON.stringify(state), { mode: 0o600 });
        pulumi("stack", "import", "--stack", stack, "--file", file);
    } finally {
        rmSync(folder, { recursive: true, force: true });
    }
}
