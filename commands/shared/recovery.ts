import { exportStack, importState } from "../../state/client";
import { releaseStack } from "../../state/locks";
import { repairState } from "../../state/repair";
import type { Substrate } from "../../substrate/substrate";
import { withNodes } from "../../node/client";
import { isOnNode, removeHalfMade } from "../../node/repair/creations";
import { removeUndeclared } from "../../node/repair/undeclared";

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
        return [...repair.notes, ...clones, ...(await removeUndeclared(clients, substrate, resources))];
    });
}
