import type { Hypervisor, Substrate } from "../substrate/substrate";
import { orNothing } from "./answers";
import type { NodeClient } from "./client";
import type { Listed } from "./survey";

/** Settings of a VM or of its firewall, as the node has them. */
export type Settings = Readonly<Record<string, string | number | undefined>>;

/** A task of PVE's log. */
export interface Task {
    /** Type of the task, such as qmconfig. */
    readonly type: string;
    /** What it was about: a VMID, mostly. */
    readonly id: string;
    /** Who began it: a user, or a token as user!name. */
    readonly user: string;
    /** Seconds since 1970. */
    readonly starttime: number;
    /** How it ended; missing while it runs. */
    readonly status?: string;
}

/** What a node holds that a preview does not tell of. */
export interface NodeLook {
    readonly node: string;
    readonly guests: readonly Listed[];
    /** Settings of the tenants' VMs that are there, by VMID. */
    readonly configs: ReadonlyMap<number, Settings>;
    /** Options of their firewalls, by VMID. */
    readonly firewalls: ReadonlyMap<number, Settings>;
    /** Newest first; empty where the task log is not read. */
    readonly tasks: readonly Task[];
}

/** How far back the task log is read; PVE itself keeps about as many in its newest file. */
const TASKS = 1000;

/**
 * Looks at a node for drift, reading only: one request for its guests, two for each VM of the tenants' files that is there,
 * and one for the task log where that is read.
 *
 * @throws NodeError where the node cannot be asked.
 */
export async function lookForDrift(
    client: NodeClient,
    { name, node, taskLog }: Hypervisor,
    { tenants }: Substrate,
): Promise<NodeLook> {
    const listed = await client.get<Listed[]>("/cluster/resources?type=vm");
    const guests = listed.filter((guest) => guest.node === node);
    const there = new Set(guests.map(({ vmid }) => vmid));
    const vmids = tenants
        .filter(({ hypervisor }) => hypervisor === name)
        .flatMap(({ vms }) => vms.map(({ vmid }) => vmid))
        .filter((vmid) => there.has(vmid));
    const each = async (path: string) => {
        const ask = (vmid: number) => orNothing(client.get<Settings>(`/nodes/${node}/qemu/${vmid}/${path}`), {});
        return new Map(await Promise.all(vmids.map(async (vmid) => [vmid, await ask(vmid)] as const)));
    };
    const [configs, firewalls, tasks] = await Promise.all([
        each("config"),
        each("firewall/options"),
        taskLog ? client.get<Task[]>(`/nodes/${node}/tasks?limit=${TASKS}`) : [],
    ]);
    return { node, guests, configs, firewalls, tasks };
}
