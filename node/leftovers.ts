import type { StateResource } from "../state/deployment";
import type { Substrate, WorkloadVm } from "../substrate/substrate";
import { orNothing } from "./answers";
import { NodeError, type NodeClient } from "./client";
import type { Clients } from "./held";
import { tagsOf, type Listed } from "./survey";

const POLL_MS = 500;
const POLLS = 240;

/** Whether what a creation was to make is on its node: a VM by VMID, name and description, a pool or an ipset by its name. */
export async function isOnNode(clients: Clients, { type, inputs = {} }: StateResource): Promise<boolean> {
    const [first] = clients.values();
    const client = clients.get(String(inputs["nodeName"])) ?? first!;
    if (type.includes("poolLegacy")) {
        const pools = await client.get<{ poolid: string }[]>("/pools");
        return pools.some(({ poolid }) => poolid === inputs["poolId"]);
    }
    const vm = `/nodes/${String(inputs["nodeName"])}/qemu/${String(inputs["vmId"])}`;
    if (type.includes("rulesLegacy")) {
        return (await orNothing(client.get<unknown[]>(`${vm}/firewall/rules`), [])).length > 0;
    }
    if (type.includes("ipsetLegacy")) {
        // What it holds, a refresh reads: one without its address is made anew.
        const ipsets = await orNothing(client.get<{ name: string }[]>(`${vm}/firewall/ipset`), []);
        return ipsets.some(({ name }) => name === inputs["name"]);
    }
    await unlocked(client, vm);
    const config = await orNothing(client.get<{ name?: string; description?: string }>(`${vm}/config`), {});
    return config.name === inputs["name"] && config.description?.trim() === String(inputs["description"]).trim();
}

/**
 * Removes the clones that an interrupted run made and nobody ever configured or started: guests with a VMID, name, pool
 * and description of ours that still have the template's tags, are stopped, and are not in the state. Such a clone is a copy of the
 * template and holds nothing.
 *
 * @returns what was removed, in words.
 */
export async function removeHalfMade(
    clients: Clients,
    substrate: Substrate,
    state: readonly StateResource[],
): Promise<string[]> {
    const made = state.filter(({ type, pendingReplacement }) => type.includes("vmLegacy") && !pendingReplacement);
    const known = new Set(made.map(({ id }) => id));
    const removed: string[] = [];
    for (const { name, node } of substrate.hypervisors) {
        const client = clients.get(node)!;
        const vms = substrate.tenants.filter((t) => t.hypervisor === name).flatMap((t) => t.vms);
        const guests = await client.get<Listed[]>("/cluster/resources?type=vm");
        for (const vm of vms.filter(({ vmid }) => !known.has(String(vmid)))) {
            const guest = guests.find((candidate) => candidate.vmid === vm.vmid && candidate.node === node);
            const path = `/nodes/${node}/qemu/${vm.vmid}`;
            if (guest !== undefined && isHalfMade(guest, vm) && (await isDescribed(client, path, vm))) {
                await remove(client, path);
                removed.push(
                    `VM ${vm.vmid} (${vm.tenant}/${vm.name}): a clone that was never configured nor started is removed`,
                );
            }
        }
    }
    return removed;
}

function isHalfMade(guest: Listed, vm: WorkloadVm): boolean {
    const { name, pool, status } = guest;
    return name === vm.name && pool === vm.tenant && !tagsOf(guest).includes(vm.tenant) && status === "stopped";
}

/** Whether a guest bears the description that the clone was asked for with: nobody but this program writes it. */
async function isDescribed(client: NodeClient, path: string, { tenant, fqdn }: WorkloadVm): Promise<boolean> {
    const { description = "" } = await client.get<{ description?: string }>(`${path}/config`);
    return description.includes(`${fqdn}, declared in tenant ${tenant}`);
}

async function remove(client: NodeClient, vm: string): Promise<void> {
    await unlocked(client, vm);
    await client.delete(`${vm}?purge=1&destroy-unreferenced-disks=1`);
    for (let polls = 0; polls < POLLS; polls++) {
        if ((await orNothing(client.get<object | undefined>(`${vm}/config`), undefined)) === undefined) {
            return;
        }
        await pause();
    }
    throw new NodeError(
        `${vm} is still there, ${(POLLS * POLL_MS) / 1000} s after its removal began; see PVE's task log.`,
    );
}

/** Waits for a task that a run left behind, such as its clone, to let go of a VM. */
async function unlocked(client: NodeClient, vm: string): Promise<void> {
    for (let polls = 0; polls < POLLS; polls++) {
        const config = await orNothing(client.get<{ lock?: string }>(`${vm}/config`), {});
        if (config.lock === undefined) {
            return;
        }
        await pause();
    }
    throw new NodeError(`${vm} is locked for ${(POLLS * POLL_MS) / 1000} s by a task; see PVE's task log.`);
}

function pause(): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, POLL_MS));
}
