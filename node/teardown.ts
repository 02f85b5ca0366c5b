import type { Holdings } from "../state/holdings";
import { bearsMarkOf } from "../substrate/guestOwnership";
import { isOwn } from "../substrate/snapshots";
import { readBackups } from "./backups";
import type { Clients } from "./client";
import { guardsIn } from "./guards";
import { disksIn, type Inventory } from "./inventory";
import { readSettings } from "./read";
import { hasSnapshots, readSnapshots } from "./snapshots";

/**
 * A tenant's holdings with the disks and others' snapshots that its VMs have on the nodes now, what keeps PVE from deleting one, and the backups of them
 * that stay; reading only.
 */
export async function withDisks(clients: Clients, holdings: Holdings): Promise<Holdings> {
    const vms = await Promise.all(
        holdings.vms.map(async (vm) => {
            const client = clients.get(vm.node);
            const config = client && (await readSettings(client, vm.node, vm.vmid));
            if (client === undefined || config === undefined) {
                return vm;
            }
            const all = hasSnapshots(config) ? await readSnapshots(client, vm) : [];
            const others = all.filter((one) => !isOwn(one)).map(({ name }) => name);
            const told = { disks: disksIn(config), guards: guardsIn(vm.vmid, config) };
            return { ...vm, ...told, ...(others.length > 0 && { othersSnapshots: others }) };
        }),
    );
    const nodes = [...new Set(holdings.vms.map(({ node }) => node))].filter((node) => clients.has(node));
    const found = await Promise.all(nodes.map((node) => readBackups(clients.get(node)!, { node })));
    const own = new Set(holdings.vms.map(({ vmid }) => vmid));
    const backups = found.flatMap((one) => one.backups).filter(({ vmid }) => own.has(vmid));
    const storages = [...new Set(backups.map(({ storage }) => storage))].sort();
    const bytes = backups.reduce((sum, one) => sum + one.bytes, 0);
    return { ...holdings, vms, ...(backups.length > 0 && { backups: { count: backups.length, bytes, storages } }) };
}

/** A tenant that is gone, with the places of its VMs. */
interface Gone {
    readonly tenant: string;
    /** VMID of the one VM that is gone, of a tenant that stays. */
    readonly only?: number;
    readonly vms: readonly Pick<Holdings["vms"][number], "node" | "vmid">[];
}

/**
 * Everything that the nodes still have of a tenant that was torn down, in words: VMs, their disks, its pool, and guests that
 * bear its mark. Empty where nothing is.
 */
export function remainsOf({ tenant, only, vms }: Gone, inventories: readonly Inventory[]): string[] {
    return inventories.flatMap(({ node, guests, volumes, pools }) => {
        const vmids = new Set(vms.filter((vm) => vm.node === node).map(({ vmid }) => vmid));
        const own = [...guests.values()].filter(
            (guest) => vmids.has(guest.vmid) || (only === undefined && bearsMarkOf(guest, tenant)),
        );
        const disks = volumes.filter(({ vmid }) => vmids.has(Number(vmid)));
        return [
            ...own.map(({ vmid, name }) => `node ${node}: VM ${vmid} ${name}`),
            ...disks.map(({ volid }) => `node ${node}: disk ${volid}`),
            ...(only === undefined && pools.some(({ poolid }) => poolid === tenant)
                ? [`node ${node}: pool ${tenant}`]
                : []),
        ];
    });
}
