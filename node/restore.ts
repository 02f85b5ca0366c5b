import { Refusal } from "../definitions/refusal";
import type { Hypervisor, WorkloadVm } from "../substrate/substrate";
import { descriptionOf } from "../substrate/description";
import { tagsOf } from "../substrate/tags";
import type { NodeClient } from "./client";
import type { Settings } from "./inventory";
import { diskOptionsIn } from "./diskOptions";
import { nicsIn } from "./nics";
import { readSettings } from "./read";
import { removeWalls } from "./repair/undeclared";
import { failureOf } from "./task";

/** A restore that did not end well; the message names the VM and says what PVE's log ends with. */
export class RestoreError extends Refusal {}

/** A VM that is to come back, and out of what. */
export interface Return {
    readonly vm: WorkloadVm;
    /** PVE's name of the archive. */
    readonly volid: string;
    /** The VM whose place it takes; missing where there is none. */
    readonly inPlaceOf?: { readonly settings: Settings; readonly running: boolean };
    /** Whether the archive is another VM's, or of one that the state does not know: it is given the marks of this one. */
    readonly marked: boolean;
    /** Whether the archive is another VM's, whose MAC it must not have. */
    readonly copied: boolean;
}

/**
 * Restores a VM from a backup into its pool and onto its hypervisor's storage, and leaves it stopped. PVE restores its firewall, too,
 * as it was then (src/PVE/QemuServer.pm:7541 of qemu-server 9.2.6, restore_vma_archive): that is taken off, so that no run finds an
 * old wall and starts the VM behind it before the declared one stands.
 *
 * @throws RestoreError where PVE's task fails; NodeError where the node refuses it.
 */
export async function restoreVm(client: NodeClient, { node, datastore }: Hypervisor, given: Return): Promise<void> {
    const { vm, volid, inPlaceOf, marked, copied } = given;
    const path = `/nodes/${node}/qemu`;
    if (inPlaceOf?.running === true) {
        await done(client, node, vm, await client.post<string>(`${path}/${vm.vmid}/status/stop`, {}));
    }
    const upid = await client.post<string>(path, {
        ...{ vmid: String(vm.vmid), archive: volid, storage: datastore, pool: vm.tenant },
        ...(inPlaceOf && { force: "1", ...nicsOf(inPlaceOf.settings) }),
        ...(copied && { unique: "1" }),
        ...(marked && { name: vm.name, description: descriptionOf(vm), tags: tagsOf(vm.tags).join(";") }),
    });
    await done(client, node, vm, upid);
    await removeWalls(client, `${path}/${vm.vmid}/firewall`);
    if (inPlaceOf !== undefined) {
        await attachKept(client, node, vm, inPlaceOf.settings);
    }
}

/** Names of a VM's disks. */
export function disksOf({ extraDisks }: Pick<WorkloadVm, "extraDisks">): string[] {
    return ["scsi0", ...extraDisks.map((disk) => disk.interface)];
}

/** Disks of a VM that a restore of a backup does not bring: they were not there yet, or no backup had them. */
export function disksWithout(vm: WorkloadVm, archive: Settings): string[] {
    return disksOf(vm).filter((name) => {
        const drive = archive[name];
        return drive === undefined || diskOptionsIn(drive).backup === false;
    });
}

/**
 * Attaches disks again that the VM had and the backup has not: PVE leaves their volumes as unused ones (src/PVE/QemuServer.pm:6560 of
 * qemu-server 9.2.6, restore_cleanup_oldconf; 6736, where a line with backup=0 becomes a comment).
 */
async function attachKept(client: NodeClient, node: string, vm: WorkloadVm, before: Settings): Promise<void> {
    const now = (await readSettings(client, node, vm.vmid)) ?? {};
    const unused = Object.keys(now)
        .filter((key) => /^unused\d+$/.test(key))
        .map((key) => volumeOf(now[key]));
    const kept = disksOf(vm).filter((name) => now[name] === undefined && unused.includes(volumeOf(before[name])));
    if (kept.length > 0) {
        const drives = Object.fromEntries(kept.map((name) => [name, String(before[name])]));
        await client.put(`/nodes/${node}/qemu/${vm.vmid}/config`, drives);
    }
}

function volumeOf(drive: string | number | undefined): string {
    return String(drive ?? "").split(",")[0]!;
}

/** The NICs of the VM whose place it takes: DHCP and names know the MAC of the first, and each is in the segment that it is to be in. */
function nicsOf(settings: Settings): Record<string, string> {
    return Object.fromEntries(nicsIn(settings).map(({ name }) => [name, String(settings[name])]));
}

async function done(client: NodeClient, node: string, { vmid }: WorkloadVm, upid: string): Promise<void> {
    const failure = await failureOf(client, node, upid);
    if (failure !== undefined) {
        throw new RestoreError(`VM ${vmid} on node ${node}: ${failure}`);
    }
}
