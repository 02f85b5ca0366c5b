import type { DiskHolding, Holdings } from "../state/holdings";
import type { Substrate } from "../substrate/substrate";
import { orNothing } from "./answers";
import type { NodeClient } from "./client";
import { sizeGiBOf, tagsOf, type Listed } from "./survey";

/** Clients by PVE node name. */
export type Clients = ReadonlyMap<string, NodeClient>;

type Config = Readonly<Record<string, string | number | undefined>>;

/** A disk of a VM, attached or not; a CD or cloud-init drive is none. */
const DISK = /^(scsi|virtio|sata|ide|efidisk|tpmstate|unused)\d+$/;

/** What a tenant has, with the disks that its VMs have on the node now, reading only. */
export async function withDisks(clients: Clients, held: Holdings): Promise<Holdings> {
    const vms = await Promise.all(
        held.vms.map(async (vm) => {
            const client = clients.get(vm.node);
            const path = `/nodes/${vm.node}/qemu/${vm.vmid}/config`;
            const config = client && (await orNothing<Config | undefined>(client.get(path), undefined));
            return config === undefined ? vm : { ...vm, disks: disksOf(config) };
        }),
    );
    return { ...held, vms };
}

function disksOf(config: Config): DiskHolding[] {
    return Object.entries(config)
        .filter(([name, drive]) => DISK.test(name) && !/\bmedia=cdrom\b/.test(String(drive)))
        .map(([name, drive]) => ({ name, sizeGiB: Math.round((sizeGiBOf(String(drive)) ?? 0) * 1000) / 1000 }))
        .sort((a, b) => (a.name < b.name ? -1 : 1));
}

interface Volume {
    readonly volid: string;
    readonly vmid?: number | string;
}

/** What a node holds, whoever's it is. */
export interface NodeHeld {
    readonly node: string;
    readonly guests: readonly Listed[];
    /** Volumes on the datastore of the VMs' disks. */
    readonly volumes: readonly Volume[];
    readonly pools: readonly string[];
}

/** Looks at the nodes of a substrate, three requests for each, reading only. */
export async function lookAtNodes(clients: Clients, { hypervisors }: Substrate): Promise<NodeHeld[]> {
    const datastores = new Map(hypervisors.map(({ node, datastore }) => [node, datastore]));
    return Promise.all(
        [...clients].map(async ([node, client]) => {
            const guests = await client.get<Listed[]>("/cluster/resources?type=vm");
            const storage = `/nodes/${node}/storage/${datastores.get(node)!}/content`;
            const volumes = await client.get<Volume[]>(storage);
            const pools = await client.get<{ poolid: string }[]>("/pools");
            return { node, guests, volumes, pools: pools.map(({ poolid }) => poolid) };
        }),
    );
}

/**
 * What is still on the nodes of a tenant that was torn down, in words: VMs, their disks, its pool, and guests that bear its
 * tag. Empty where nothing is.
 */
export function leftOnNodes(nodes: readonly NodeHeld[], { tenant, vms }: Holdings): string[] {
    return nodes.flatMap(({ node, guests, volumes, pools }) => {
        const vmids = new Set(vms.filter((vm) => vm.node === node).map(({ vmid }) => vmid));
        const own = guests.filter((guest) => vmids.has(guest.vmid) || isTagged(guest, tenant) || guest.pool === tenant);
        const disks = volumes.filter(({ vmid }) => vmids.has(Number(vmid)));
        return [
            ...own.map(({ vmid, name = "" }) => `node ${node}: VM ${vmid} ${name}`),
            ...disks.map(({ volid }) => `node ${node}: disk ${volid}`),
            ...(pools.includes(tenant) ? [`node ${node}: pool ${tenant}`] : []),
        ];
    });
}

function isTagged(guest: Listed, tenant: string): boolean {
    const tags = tagsOf(guest);
    return tags.includes("tenant") && tags.includes(tenant) && guest.template !== 1;
}
