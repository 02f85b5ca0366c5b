import * as pulumi from "@pulumi/pulumi";
import { backUpVm } from "../node/backup";
import { connect } from "../node/client";
import { onNode, pruneSnapshots, takeSnapshot } from "../node/snapshots";
import { nameOfVm } from "../substrate/identity";
import { movesDisks, restartingChanges, type SnapshotRule } from "../substrate/snapshots";
import type { Hypervisor, WorkloadVm } from "../substrate/substrate";
import { asRunError } from "./refusal";

/** Inputs of a VM's resource before and after an update. */
type Change = Pick<pulumi.ResourceHookArgs, "oldInputs" | "newInputs">;

/**
 * Hooks that have the engine take a snapshot of a VM right before an update that restarts it, also in a run of Pulumi's own CLI; an update
 * whose snapshot fails does not begin (UpdateStep.Apply, pkg/resource/deploy/step.go of pulumi 3.259.0). They are no inputs, so that no
 * preview shows them.
 *
 * @returns undefined where the VM's file asks for none, or no run may restart it.
 */
export function snapshotHooks(
    vm: WorkloadVm,
    hypervisor: Hypervisor,
    stack: string,
): pulumi.ResourceHookBinding | undefined {
    const rule = ruleFor(vm);
    if (rule === undefined) {
        return undefined;
    }
    const name = `snapshot-${vm.tenant}-${vm.name}`;
    return {
        beforeUpdate: [
            new pulumi.ResourceHook(name, (change) => snapshotBefore(vm, rule, { hypervisor, stack }, change)),
        ],
    };
}

/** Bounds of the snapshots that runs take of a VM; undefined where its file asks for none, or no run may restart it. */
export function ruleFor({ snapshot, reboot }: Pick<WorkloadVm, "snapshot" | "reboot">): SnapshotRule | undefined {
    return reboot === "never" ? undefined : snapshot;
}

/** Place that a VM is at. */
interface At {
    readonly hypervisor: Hypervisor;
    readonly stack: string;
}

/**
 * Takes a snapshot of a VM before an update that restarts it, and removes own ones that are beyond its bounds.
 *
 * @throws Error where it cannot be taken: the update is not to begin then.
 */
export async function snapshotBefore(
    vm: WorkloadVm,
    rule: SnapshotRule,
    { hypervisor, stack }: At,
    { oldInputs = {}, newInputs = {} }: Change,
): Promise<void> {
    const changes = restartingChanges(oldInputs, newInputs);
    const name = nameOfVm(vm);
    if (changes.length === 0) {
        return;
    }
    if (movesDisks(oldInputs, newInputs)) {
        await pulumi.log.warn(`${name}: no snapshot is taken, since PVE moves no disk that has one`);
        return;
    }
    const client = connect(hypervisor);
    try {
        const taken = await takeSnapshot(client, onNode(vm, hypervisor), stack, changes);
        await pulumi.log.info(`${name}: snapshot ${taken}, before a change of ${changes.join(", ")}`);
        const removed = await pruneSnapshots(client, onNode(vm, hypervisor), rule).catch((error: Error) => error);
        if (removed instanceof Error) {
            await pulumi.log.warn(`${name}: older snapshots were not removed: ${removed.message}`);
        }
    } catch (error) {
        throw new Error(`${name} is as it was, since no snapshot of it could be taken: ${(error as Error).message}`, {
            cause: error,
        });
    } finally {
        client.close();
    }
}

/**
 * Backs a VM up before it is deleted for its rebuild, which deletes its snapshots with it.
 *
 * @throws RunError where it fails: the VM is not to be deleted then.
 */
export async function backUpBefore(vm: WorkloadVm, hypervisor: Hypervisor): Promise<void> {
    const client = connect(hypervisor);
    try {
        await pulumi.log.info(`${nameOfVm(vm)}: backed up to ${hypervisor.backup}, since its rebuild deletes it`);
        const to = { storage: hypervisor.backup!, tenant: vm.tenant, why: "before its rebuild" };
        await backUpVm(client, onNode(vm, hypervisor), to);
    } catch (error) {
        throw asRunError(error);
    } finally {
        client.close();
    }
}
