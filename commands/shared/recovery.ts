import { configurationOf, exportStack, importState } from "../../state/client";
import { previewDeclared, previewNodes } from "../../state/preview/client";
import type { Deployment } from "../../state/deployment";
import { readState } from "../../state/reading/read";
import { leftJournal, removeJournal } from "../../state/journal/client";
import { wholeState } from "../../state/journal/whole";
import { releaseStack } from "../../state/locks";
import { repairState, type Repair } from "../../state/repair";
import { takenBack } from "../../state/takenBack";
import type { Substrate } from "../../substrate/substrate";
import { withNodes, type Clients } from "../../node/client";
import { isOnNode, notInState, removeHalfMade } from "../../node/repair/creations";
import { unlikeOnNodes } from "../../node/repair/unlike";
import { removeUndeclared } from "../../node/repair/undeclared";

/**
 * Settles what an interrupted run left behind, so that the next one can go on: a lock, files of the state, creations that
 * Pulumi never heard the end of, clones that were never configured nor started.
 *
 * @returns the stack's state then, with a note of each thing that was settled, in words.
 * @throws Refusal where another run is under way, NodeError where the node cannot be asked.
 */
export async function recoverStack(substrate: Substrate): Promise<Repair> {
    const released = releaseStack(substrate.name);
    const { deployment, notes } = await settle(substrate);
    return { deployment, notes: [...released, ...notes] };
}

async function settle(substrate: Substrate): Promise<Repair> {
    const deployment = readState(substrate.name);
    if (substrate.status === "planned") {
        return { deployment, notes: [] };
    }
    const journalled = await fromJournal(substrate.name, deployment);
    const before = journalled.deployment;
    return withNodes(substrate, async (clients) => {
        const unlike = await unlikeOnNodes(clients, substrate, before.resources ?? []);
        const repair = await repairState(before, (resource) => isOnNode(clients, resource), undefined, unlike);
        if (journalled.notes.length + repair.notes.length > 0) {
            putState(substrate.name, repair.deployment);
        }
        removeJournal(substrate.name);
        const resources = repair.deployment.resources ?? [];
        const clones = await removeHalfMade(clients, substrate, resources);
        const taken = await takeBack(clients, substrate, repair.deployment);
        const undeclared = await removeUndeclared(clients, substrate, taken.deployment.resources ?? []);
        return {
            deployment: taken.deployment,
            notes: [...journalled.notes, ...repair.notes, ...clones, ...taken.notes, ...undeclared],
        };
    });
}

/** The state with everything that a killed run made, by its journal, where it kept one; see wholeState(). */
async function fromJournal(stack: string, deployment: Deployment): Promise<Repair> {
    const journal = leftJournal(stack);
    return journal === undefined
        ? { deployment, notes: [] }
        : wholeState(deployment, journal, await previewDeclared(stack), configurationOf(stack));
}

/** Takes back VMs that the state lost; a preview is asked how they are declared only where there is one. */
async function takeBack(clients: Clients, substrate: Substrate, deployment: Deployment): Promise<Repair> {
    const lost = await notInState(clients, substrate, deployment.resources ?? []);
    if (lost.size === 0) {
        return { deployment, notes: [] };
    }
    const { steps } = await previewNodes(substrate.name);
    const taken = await takenBack(deployment, lost, steps, (resource) => isOnNode(clients, resource));
    if (taken.notes.length > 0) {
        putState(substrate.name, taken.deployment);
    }
    return taken;
}

/** Puts a deployment in the place of a stack's, with whatever else an export of it has. */
function putState(stack: string, deployment: Deployment): void {
    importState(stack, { ...exportStack(stack), deployment });
}
