import type { Holdings } from "../state/holdings";
import { bearsMarkOf } from "../substrate/guestOwnership";
import type { Clients } from "./client";
import { guardsIn } from "./guards";
import { disksIn, type Inventory } from "./inventory";
import { readSettings } from "./read";

/** A tenant's holdings with the disks that its VMs have on the nodes now, and what keeps PVE from deleting one; reading only. */
export async function withDisks(clients: Clients, holdings: Holdings): Promise<Holdings> {
    const vms = await Promise.all(
        holdings.vms.map(async (vm) => {
            const client = clients.get(vm.node);
            const config = client && (await readSettings(client, vm.node, vm.vmid));
            return config === undefined ? vm : { ...vm, disks: disksIn(config), guards: guardsIn(vm.vmid, config) };
        }),
    );
    return { ...holdings, vms };
}

/** A tenant that is gone, with the places of its VMs. */
interface Gone {
    readonly tenant: string;
    readonly vms: readonly Pick<Holdings["vms"][number], "node" | "vmid">[];
}

/**
 * Everything that the nodes still have of a tenant that was torn down, in words: VMs, their disks, its pool, and guests that
 * bear its mark. Empty where nothing is.
 */
export function remainsOf({ tenant, vms }: Gone, inventories: readonly Inventory[]): string[] {
    return inventories.flatMap(({ node, guests, volumes, pools }) => {
        const vmids = new Set(vms.filter((vm) => vm.node === node).map(({ vmid }) => vmid));
        const own = [...guests.values()].filter((guest) => vmids.has(guest.vmid) || bearsMarkOf(guest, tenant));
        const disks = volumes.filter(({ vmid }) => vmids.has(Number(vmid)));
        return [
            ...own.map(({ vmid, name }) => `node ${node}: VM ${vmid} ${name}`),
            ...disks.map(({ volid }) => `node ${node}: disk ${volid}`),
            ...(pools.some(({ poolid }) => poolid === tenant) ? [`node ${node}: pool ${tenant}`] : []),
        ];
    });
}
