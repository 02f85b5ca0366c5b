import type { SimulatedNode } from "../simulatedNode";
import type { Workspace } from "../workspace";
import { expectSame, expectThat, type NodeState } from "../expect";
import type { Dice } from "./dice";
import { vmidOf, type SoakTenants } from "./tenants";

/** Storage that the soak's VMs are backed up to; the stack file names it as the hypervisor's. */
export const BACKUP_STORAGE = "local";

/** A backup of a VM on the node. */
export interface Archive {
    readonly vmid: number;
    /** Name of its volume in the storage. */
    readonly volume: string;
}

/** VMID of the VM that a volume is a backup of; undefined where it is none. */
export function backedUp(volume: string): string | undefined {
    return /^backup\/vzdump-qemu-(\d+)-/.exec(volume)?.[1];
}

/** Backs up one of the tenants' VMs in every third round, as a person does it; gives back what was done, in words. */
export async function backUpByHand(node: SimulatedNode, all: SoakTenants, dice: Dice): Promise<string[]> {
    const vmid = dice.percent(33) ? dice.pick(await there(node, all)) : undefined;
    if (vmid === undefined) {
        return [];
    }
    const job = { vmid: String(vmid), storage: BACKUP_STORAGE, compress: "zstd" };
    await node.byHand("POST", `/nodes/${node.ready.node}/vzdump`, job);
    return [`node: VM ${vmid} backed up`];
}

/** Backups of VMs that the files declare, the oldest first. */
export async function archivesOf(node: SimulatedNode, all: SoakTenants): Promise<Archive[]> {
    const { storages } = (await node.state()) as NodeState;
    const declared = new Set(all.vmids());
    return Object.keys(storages[BACKUP_STORAGE]!.volumes)
        .map((volume) => ({ volume, vmid: Number(backedUp(volume)) }))
        .filter(({ vmid }) => declared.has(vmid))
        .sort((one, other) => (begunAt(one.volume) < begunAt(other.volume) ? -1 : 1));
}

/**
 * Has a VM come back from a backup by `tenants restore`, in its own place, and takes the backup away.
 *
 * @throws UnexpectedError where it does not come back, or another backup was taken for it.
 */
export async function restoreArchive(
    workspace: Workspace,
    node: SimulatedNode,
    all: SoakTenants,
    { vmid, volume }: Archive,
): Promise<void> {
    const { tenant, vm } = all.tenants
        .flatMap((one) => one.vms.map((its) => ({ tenant: one, vm: its })))
        .find((one) => vmidOf(one.tenant, one.vm) === vmid)!;
    const words = [
        workspace.stack,
        `${tenant.name}/${vm.name}`,
        "--at",
        begunAt(volume),
        "--replace",
        `--yes=${vm.name}`,
    ];
    const { exitCode, output } = await workspace.command("restore", ...words);
    expectSame(`restore of ${volume}:\n${output}`, exitCode, 0);
    expectThat(`VM ${vmid} came back from ${volume}:\n${output}`, output.includes(volume));
    await node.byHand("DELETE", `/nodes/${node.ready.node}/storage/${BACKUP_STORAGE}/content/${volume}`);
}

async function there(node: SimulatedNode, all: SoakTenants): Promise<number[]> {
    const { vms } = (await node.state()) as NodeState;
    return all.vmids().filter((vmid) => String(vmid) in vms);
}

/** When a backup was begun, by its name, in the node's time zone, which is this machine's. */
function begunAt(volume: string): string {
    const [, year, month, day, hour, minute, second] =
        /-(\d+)_(\d+)_(\d+)-(\d+)_(\d+)_(\d+)\.[a-z.]+$/.exec(volume) ?? [];
    return `${year}-${month}-${day}T${hour}:${minute}:${second}`;
}
