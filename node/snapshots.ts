import { Refusal } from "../definitions/refusal";
import type { WorkloadVm } from "../substrate/substrate";
import {
    beyond,
    isOwn,
    snapshotDescription,
    snapshotName,
    type Snapshot,
    type SnapshotRule,
} from "../substrate/snapshots";
import type { NodeClient } from "./client";
import type { Inventory, Settings } from "./inventory";
import { failureOf } from "./task";

/** A snapshot that could not be taken, removed or gone back to; the message names the VM and says what PVE's log ends with. */
export class SnapshotError extends Refusal {}

/** A VM as its snapshots are asked for. */
export interface OnNode {
    readonly vmid: number;
    /** PVE's name of its node. */
    readonly node: string;
}

interface Listed {
    readonly name: string;
    readonly snaptime?: number;
    readonly description?: string;
    readonly parent?: string;
    readonly vmstate?: number | boolean;
    readonly snapstate?: string;
}

/** PVE's entry for the VM as it is now (PVE/API2/Qemu.pm:6078 of qemu-server 9.2.6, snapshot_list). */
const NOW = "current";

/** Snapshots of a VM, the oldest first. @throws NodeError where the node cannot be asked, or has no such VM. */
export async function readSnapshots(client: Pick<NodeClient, "get">, { vmid, node }: OnNode): Promise<Snapshot[]> {
    const listed = await client.get<Listed[]>(`${pathOf({ vmid, node })}/snapshot`);
    return listed
        .filter(({ name }) => name !== NOW)
        .map((one) => ({
            ...{ name: one.name, at: new Date((one.snaptime ?? 0) * 1000) },
            description: (one.description ?? "").split("\n")[0]!,
            withMemory: Number(one.vmstate ?? 0) === 1,
            ...(one.parent && { parent: one.parent }),
            ...(one.snapstate && { state: one.snapstate }),
        }))
        .sort((a, b) => a.at.getTime() - b.at.getTime());
}

/**
 * Takes a snapshot of a VM as it is, without its memory, and waits for it.
 *
 * @param stack name of the stack whose run takes it.
 * @param changes properties of the VM that the run is about to change.
 * @returns its name.
 * @throws SnapshotError where PVE's task fails; NodeError where the node refuses it.
 */
export async function takeSnapshot(
    client: NodeClient,
    vm: OnNode,
    stack: string,
    changes: readonly string[],
    at = new Date(),
): Promise<string> {
    const snapname = snapshotName(at);
    const description = snapshotDescription(stack, changes);
    await done(client, vm, await client.post<string>(`${pathOf(vm)}/snapshot`, { snapname, description }));
    return snapname;
}

/**
 * Removes the own snapshots of a VM that are beyond its bounds; others' stay.
 *
 * @param rule undefined where the file asks for none any more.
 * @returns names of those that it removed.
 * @throws SnapshotError where PVE's task fails; NodeError where the node refuses it.
 */
export async function pruneSnapshots(
    client: NodeClient,
    vm: OnNode,
    rule: SnapshotRule | undefined,
    now = new Date(),
): Promise<string[]> {
    const going = beyond(await readSnapshots(client, vm), rule, now).map(({ name }) => name);
    for (const name of going) {
        await done(client, vm, await client.delete(`${pathOf(vm)}/snapshot/${name}`));
    }
    return going;
}

/**
 * Goes back to a snapshot: PVE stops the VM, gives it the settings and the disks of then, and leaves it stopped, but for one with the
 * VM's memory (PVE/AbstractConfig.pm of pve-guest-common, snapshot_rollback). Its firewall stays as it is now.
 *
 * @throws SnapshotError where PVE's task fails; NodeError where the node refuses it.
 */
export async function goBack(client: NodeClient, vm: OnNode, name: string): Promise<void> {
    await done(client, vm, await client.post<string>(`${pathOf(vm)}/snapshot/${name}/rollback`, {}));
}

/**
 * Whether every disk of a VM can have a snapshot (PVE/API2/Qemu.pm:4265 of qemu-server 9.2.6, vm_feature; volume_has_feature of each
 * plugin in pve-storage 9.1.7: LVMPlugin.pm:1367, Plugin.pm:1575, ISCSIPlugin.pm:634).
 *
 * @throws NodeError where the node cannot be asked.
 */
export async function canHaveSnapshot(client: Pick<NodeClient, "get">, vm: OnNode): Promise<boolean> {
    const { hasFeature } = await client.get<{ hasFeature?: number }>(`${pathOf(vm)}/feature?feature=snapshot`);
    return Number(hasFeature ?? 0) === 1;
}

/** A snapshot of a VM that no run took. */
export interface OthersSnapshot {
    readonly tenant: string;
    readonly vm: string;
    readonly vmid: number;
    readonly name: string;
    /** When it was taken, in UTC. */
    readonly at: string;
}

/**
 * Snapshots of VMs that no run took: one request for each VM that has any, as its settings tell, or whose file asks for some.
 *
 * @param configs settings of the node's guests, by VMID.
 * @throws NodeError where the node cannot be asked.
 */
export async function othersSnapshots(
    client: Pick<NodeClient, "get">,
    node: string,
    vms: readonly WorkloadVm[],
    configs: Inventory["configs"],
): Promise<OthersSnapshot[]> {
    const asked = vms.filter(
        (vm) => configs.has(vm.vmid) && (vm.snapshot !== undefined || hasSnapshots(configs.get(vm.vmid))),
    );
    const found = await Promise.all(
        asked.map(async (vm) => {
            const all = (await readSnapshots(client, { vmid: vm.vmid, node })).filter((one) => !isOwn(one));
            const { tenant, name, vmid } = vm;
            return all.map((one) => ({ tenant, vm: name, vmid, name: one.name, at: one.at.toISOString() }));
        }),
    );
    return found.flat();
}

/** Whether a VM stands on a snapshot, by its settings. */
export function hasSnapshots(config: Settings = {}): boolean {
    return config["parent"] !== undefined;
}

/** A VM of a file on a node. */
export function onNode({ vmid }: WorkloadVm, { node }: { readonly node: string }): OnNode {
    return { vmid, node };
}

function pathOf({ vmid, node }: OnNode): string {
    return `/nodes/${node}/qemu/${vmid}`;
}

async function done(client: NodeClient, { vmid, node }: OnNode, upid: string): Promise<void> {
    const failure = await failureOf(client, node, upid);
    if (failure !== undefined) {
        throw new SnapshotError(`VM ${vmid} on node ${node}: ${failure}`);
    }
}
