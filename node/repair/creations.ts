import { IPSET, POOL, RULES, VM, type StateResource } from "../../state/deployment";
import { marksOf } from "../../substrate/guestOwnership";
import type { Substrate, WorkloadVm } from "../../substrate/substrate";
import { NodeError, type NodeClient, type Clients } from "../client";
import { tagsIn, type Guest, type Pool } from "../inventory";
import { vmsOn, orNothing, readInventory, readSettings } from "../read";
import { poll } from "../poll";
import { nameOfVm } from "../../substrate/identity";

const POLL_MS = 500;
const POLLS = 240;

/**
 * Whether what a creation was to make is on its node: a VM by VMID, name, description and tags, a pool or an ipset by its name.
 *
 * A clone without its tags was never configured, and is none yet (removeHalfMade): where the state had it, the provider's update
 * would not send `upgrade: false`, which it takes for unchanged (vmGetCloudInitConfig, vm.go:3739 of bpg v0.111.1), and the VM
 * would upgrade its packages when it boots first.
 */
export async function isOnNode(clients: Clients, { type, inputs = {} }: StateResource): Promise<boolean> {
    const [first] = clients.values();
    const node = String(inputs["nodeName"]);
    const client = clients.get(node) ?? first!;
    if (type === POOL) {
        const pools = await client.get<Pool[]>("/pools");
        return pools.some(({ poolid }) => poolid === inputs["poolId"]);
    }
    const vmid = Number(inputs["vmId"]);
    const firewall = `/nodes/${node}/qemu/${vmid}/firewall`;
    if (type === RULES) {
        return hasRules(client, firewall, inputs);
    }
    if (type === IPSET) {
        // What it holds, a refresh reads: one without its address is made anew.
        const ipsets = await orNothing(client.get<{ name: string }[]>(`${firewall}/ipset`), []);
        return ipsets.some(({ name }) => name === inputs["name"]);
    }
    await unlocked(client, node, vmid);
    const { name, description = "", tags = "" } = (await readSettings(client, node, vmid)) ?? {};
    const asked = (inputs["tags"] ?? []) as readonly string[];
    return (
        name === inputs["name"] &&
        String(description).trim() === String(inputs["description"]).trim() &&
        asked.every((tag) => tagsIn(String(tags)).includes(tag))
    );
}

/** Whether all of a VM's rules are there: some of them are none yet, and are made again before the VM may start. */
async function hasRules(client: NodeClient, firewall: string, inputs: StateResource["inputs"] = {}): Promise<boolean> {
    const there = await orNothing(client.get<unknown[]>(`${firewall}/rules`), []);
    return there.length >= ((inputs["rules"] ?? []) as readonly unknown[]).length;
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
    const machines = state.filter(({ type, pendingReplacement }) => type === VM && !pendingReplacement);
    const known = new Set(machines.map(({ id }) => id));
    const removed: string[] = [];
    for (const hypervisor of substrate.hypervisors) {
        const { node } = hypervisor;
        const client = clients.get(node)!;
        const { guests } = await readInventory(client, hypervisor);
        for (const vm of vmsOn(substrate, hypervisor).filter(({ vmid }) => !known.has(String(vmid)))) {
            const guest = guests.get(vm.vmid);
            if (guest !== undefined && isHalfMade(guest, vm) && (await isDescribed(client, node, vm))) {
                await remove(client, node, vm.vmid);
                removed.push(
                    `VM ${vm.vmid} (${nameOfVm(vm)}): a clone that was never configured nor started is removed`,
                );
            }
        }
    }
    return removed;
}

/**
 * VMIDs of VMs of the files that are on their node with every mark of theirs, and not in a state.
 *
 * @throws NodeError where a node cannot be asked.
 */
export async function notInState(
    clients: Clients,
    substrate: Substrate,
    state: readonly StateResource[],
): Promise<ReadonlySet<number>> {
    const known = new Set(state.filter(({ type }) => type === VM).map(({ id }) => id));
    const lost = new Set<number>();
    for (const hypervisor of substrate.hypervisors) {
        const vms = vmsOn(substrate, hypervisor).filter(({ vmid }) => !known.has(String(vmid)));
        if (vms.length === 0) {
            continue;
        }
        const { guests } = await readInventory(clients.get(hypervisor.node)!, hypervisor);
        for (const { vmid, tenant, name } of vms) {
            const guest = guests.get(vmid);
            if (guest?.type === "qemu" && guest.name === name && marksOf(guest, tenant).length === 2) {
                lost.add(vmid);
            }
        }
    }
    return lost;
}

/** A clone is in its tenant's pool at once, and has the tenant's tag once it is configured. */
function isHalfMade(guest: Guest, vm: WorkloadVm): boolean {
    const marks = marksOf(guest, vm.tenant);
    return guest.name === vm.name && marks.includes("pool") && !marks.includes("tag") && guest.status === "stopped";
}

/** Whether a guest bears the description that the clone was asked for with: nobody but this program writes it. */
async function isDescribed(client: NodeClient, node: string, { vmid, tenant, fqdn }: WorkloadVm): Promise<boolean> {
    const { description = "" } = (await readSettings(client, node, vmid)) ?? {};
    return String(description).includes(`${fqdn}, declared in tenant ${tenant}`);
}

async function remove(client: NodeClient, node: string, vmid: number): Promise<void> {
    await unlocked(client, node, vmid);
    await client.delete(`/nodes/${node}/qemu/${vmid}?purge=1&destroy-unreferenced-disks=1`);
    const why = `VM ${vmid} on node ${node} is still there, ${WAITED} after its removal began`;
    await until(async () => (await readSettings(client, node, vmid)) === undefined, why);
}

/** Waits for a task that a run left behind, such as its clone, to let go of a VM. */
async function unlocked(client: NodeClient, node: string, vmid: number): Promise<void> {
    const free = async () => (await readSettings(client, node, vmid))?.["lock"] === undefined;
    await until(free, `VM ${vmid} on node ${node} is locked for ${WAITED} by a task`);
}

const WAITED = `${(POLLS * POLL_MS) / 1000} s`;

async function until(done: () => Promise<boolean>, otherwise: string): Promise<void> {
    if ((await poll(async () => (await done()) || undefined, POLL_MS, POLLS)) === undefined) {
        throw new NodeError(`${otherwise}; see PVE's task log.`);
    }
}
