import { lacksOf, type Permissions } from "../substrate/role";
import type { Hypervisor } from "../substrate/substrate";
import type { NodeClient } from "./client";
import type { Settings } from "./inventory";
import { unlessForbidden } from "./site";

/** One archive of a VM on a storage of its node. */
export interface Backup {
    /** PVE's name of it, such as local:backup/vzdump-qemu-5001-2026_11_28-02_30_00.vma.zst. */
    readonly volid: string;
    readonly storage: string;
    readonly vmid: number;
    /** When it was begun. */
    readonly at: Date;
    readonly bytes: number;
    /** Whether PVE refuses to remove it, by a rule of what is kept, too. */
    readonly protected: boolean;
    /** First line of its notes; empty for none. */
    readonly notes: string;
}

/** Everything that a node tells of backups. */
export interface BackupsFound {
    /** The newest first. */
    readonly backups: readonly Backup[];
    /** Storages for backups of which the token sees only what is of VMs that are there, in its pools. */
    readonly partly: readonly string[];
}

interface Content {
    readonly volid: string;
    readonly vmid?: number | string;
    readonly ctime?: number;
    readonly size?: number;
    readonly protected?: number | boolean;
    readonly notes?: string;
}

/**
 * Backups of VMs on every storage of a node that takes them, as far as the token sees them.
 *
 * @throws NodeError where the node cannot be asked.
 */
export async function readBackups(client: NodeClient, { node }: Pick<Hypervisor, "node">): Promise<BackupsFound> {
    const storages = await backupStorages(client, node);
    const held = await client.get<Permissions>("/access/permissions");
    const found = await Promise.all(
        storages.map(async (storage) => {
            const content = await client.get<Content[]>(`/nodes/${node}/storage/${storage}/content?content=backup`);
            return content.filter(({ vmid }) => vmid !== undefined).map((one) => backupOf(storage, one));
        }),
    );
    return {
        backups: found.flat().sort((a, b) => b.at.getTime() - a.at.getTime()),
        partly: storages.filter((storage) => !seesAll(held, storage)),
    };
}

/**
 * Settings of a VM in a backup of it, by PVE's names; undefined where the token may not look, as it may not into one of a VM that is gone
 * without VM.Backup on it (PVE/API2/VZDump.pm:308 of pve-manager 9.2.11).
 *
 * @throws NodeError where the node cannot be asked.
 */
export async function settingsIn(client: NodeClient, node: string, volid: string): Promise<Settings | undefined> {
    const path = `/nodes/${node}/vzdump/extractconfig?volume=${encodeURIComponent(volid)}`;
    const text = await unlessForbidden(client.get<string>(path));
    const lines = text?.split("\n").flatMap((line) => {
        const [, key, value] = /^([a-z]\w*): (.*)$/.exec(line) ?? [];
        return key === undefined ? [] : [[key, value] as const];
    });
    return lines && Object.fromEntries(lines);
}

/** Names of a node's storages that are in use and take backups. @throws NodeError where the node cannot be asked. */
export async function backupStorages(client: NodeClient, node: string): Promise<string[]> {
    const query = "content=backup&enabled=1";
    const storages = await client.get<{ storage: string; active?: number }[]>(`/nodes/${node}/storage?${query}`);
    return storages.filter(({ active }) => Number(active ?? 1) === 1).map(({ storage }) => storage);
}

function backupOf(storage: string, one: Content): Backup {
    const { volid, vmid, ctime = 0, size = 0, notes = "" } = one;
    const kept = Number(one.protected ?? 0) === 1;
    return { volid, storage, vmid: Number(vmid), at: new Date(ctime * 1000), bytes: size, protected: kept, notes };
}

/**
 * Whether a token sees the backups of a VM that is in no pool of its own any more: with VM.Backup on it, or with Datastore.Allocate
 * on the storage (src/PVE/Storage.pm:619 of pve-storage 9.1.7, check_volume_access).
 */
function seesAll(held: Permissions, storage: string): boolean {
    const holds = (path: string, privilege: string) =>
        lacksOf([{ role: "", path, propagate: path === "/vms", privileges: [privilege], why: "" }], held).length === 0;
    return holds(`/storage/${storage}`, "Datastore.Allocate") || holds("/vms", "VM.Backup");
}

/** The newest of a VM's backups that was begun no later than a time; undefined where there is none. */
export function newestOf(backups: readonly Backup[], vmid: number, until?: Date): Backup | undefined {
    const own = backups.filter((one) => one.vmid === vmid && (until === undefined || one.at <= until));
    return own.reduce<Backup | undefined>((newest, one) => (newest && newest.at >= one.at ? newest : one), undefined);
}
