/**
 * Settles what an interrupted run left behind, so that the next one can go on: what `make recover` runs, and each of
 * `make up`, `refresh` and `destroy` before Pulumi.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { repairState } from "../model/stateRepair";
import type { Substrate } from "../model/substrate";
import { isOnNode, removeHalfMade } from "../node/leftovers";
import { removeStrays } from "../node/strays";
import { FLAG, runCommand } from "./command";
import { withNodes } from "./nodes";
import { exportStack, pulumi, type Exported } from "./pulumi";
import { releaseStack } from "./staleLocks";

const HELP = `usage: make recover SUBSTRATE=<name>
Settles what an interrupted run left behind: a lock of a process that is gone, creations that Pulumi never heard the end
of, clones that were never configured nor started. VMs that hold anything are never touched.
Exit 0; 1: another run is under way, or the node cannot be asked.`;

// With --files, nothing but the state's files is settled: where they are torn, Pulumi cannot even select the stack.
void runCommand(HELP, { help: FLAG, quiet: FLAG, files: FLAG }, async (substrate, { quiet, files }) => {
    const notes = [...releaseStack(substrate.name), ...(files ? [] : await recover(substrate))];
    const nothing = quiet || files ? [] : ["nothing to recover"];
    (notes.length === 0 ? nothing : notes).forEach((note) => console.log(`recover: ${note}`));
});

async function recover(substrate: Substrate): Promise<string[]> {
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
