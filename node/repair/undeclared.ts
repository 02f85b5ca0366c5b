import { IPSET, POOL, RULES, VM, vmidOf, type StateResource } from "../../state/deployment";
import type { Substrate } from "../../substrate/substrate";
import { isFilterSet } from "../addressFilter";
import type { NodeClient, Clients } from "../client";
import type { Pool } from "../inventory";
import { orNothing } from "../read";

/**
 * Removes what was made for a run that never heard of it, since its connection broke at the answer, and what the provider
 * refuses to make again: an empty pool, a VM's firewall rules and its address filter, each of our name and not in the state.
 * None of it holds anything; the next up makes it all.
 *
 * @returns what was removed, in words.
 */
export async function removeUndeclared(
    clients: Clients,
    substrate: Substrate,
    state: readonly StateResource[],
): Promise<string[]> {
    return [
        ...(await removeFrom(clients, without(RULES, state), removeRules)),
        ...(await removeFrom(clients, withFixedAddress(substrate, without(IPSET, state)), removeFilter)),
        ...(await removePools(clients, substrate, state)),
    ];
}

/** VMs of the state for which it has no resource of a type. */
function without(type: string, state: readonly StateResource[]): StateResource[] {
    const having = new Set(state.filter((one) => one.type === type).map(vmidOf));
    return state.filter((one) => one.type === VM && !having.has(vmidOf(one)));
}

/** Those whose address is fixed: no other has an address filter to make, so that no other is asked for one. */
function withFixedAddress({ tenants }: Substrate, vms: readonly StateResource[]): StateResource[] {
    const fixed = tenants.flatMap((tenant) => tenant.vms).filter(({ address }) => address !== undefined);
    const vmids = new Set(fixed.map(({ vmid }) => vmid));
    return vms.filter((vm) => vmids.has(vmidOf(vm)));
}

/** Removes something from the firewall of each VM; a VM on a node that is no more has nothing. */
async function removeFrom(
    clients: Clients,
    vms: readonly StateResource[],
    remove: (client: NodeClient, firewall: string) => Promise<string | undefined>,
): Promise<string[]> {
    const removed: string[] = [];
    for (const { id, inputs = {} } of vms) {
        const node = String(inputs["nodeName"]);
        const client = clients.get(node);
        const what = client && (await remove(client, `/nodes/${node}/qemu/${id}/firewall`));
        if (what !== undefined) {
            removed.push(`VM ${id}: ${what} removed, left by an interrupted run; the next up makes what is declared`);
        }
    }
    return removed;
}

/**
 * Takes off all that stands around a VM: rules, address filter, and that its firewall is on. A run then
 * forgets it in the state, makes the declared one, and starts the VM behind that.
 */
export async function removeWalls(client: NodeClient, firewall: string): Promise<void> {
    await removeRules(client, firewall);
    await removeFilter(client, firewall);
    await client.put(`${firewall}/options`, { delete: "enable" });
}

async function removeRules(client: NodeClient, firewall: string): Promise<string | undefined> {
    const rules = await orNothing(client.get<unknown[]>(`${firewall}/rules`), []);
    for (let position = rules.length - 1; position >= 0; position--) {
        await client.delete(`${firewall}/rules/${position}`);
    }
    return rules.length === 0 ? undefined : `${rules.length} firewall rules are`;
}

/** The filter is off before its addresses go: on and without them it would cut the VM off. */
async function removeFilter(client: NodeClient, firewall: string): Promise<string | undefined> {
    const sets = await orNothing(client.get<{ name: string }[]>(`${firewall}/ipset`), []);
    const filters = sets.map(({ name }) => name).filter(isFilterSet);
    if (filters.length === 0) {
        return undefined;
    }
    await client.put(`${firewall}/options`, { ipfilter: "0" });
    for (const name of filters) {
        await removeSet(client, `${firewall}/ipset/${name}`);
    }
    return "its address filter is";
}

async function removeSet(client: NodeClient, ipset: string): Promise<void> {
    for (const { cidr } of await orNothing(client.get<{ cidr: string }[]>(ipset), [])) {
        await client.delete(`${ipset}/${encodeURIComponent(cidr)}`);
    }
    await client.delete(ipset);
}

/** A pool of somebody else's bears another comment, or has members. */
async function removePools(
    clients: Clients,
    { tenants, hypervisors }: Substrate,
    state: readonly StateResource[],
): Promise<string[]> {
    const known = new Set(state.filter(({ type }) => type === POOL).map(({ id }) => id));
    const removed: string[] = [];
    for (const { name, node } of hypervisors) {
        const client = clients.get(node)!;
        const wanted = tenants.filter((tenant) => tenant.hypervisor === name && !known.has(tenant.name));
        const pools = wanted.length === 0 ? [] : await client.get<Pool[]>("/pools");
        for (const tenant of wanted) {
            const pool = pools.find(({ poolid }) => poolid === tenant.name);
            if (pool !== undefined && (pool.comment ?? "") === tenant.description && (await isEmpty(client, pool))) {
                await client.delete(`/pools?poolid=${tenant.name}`);
                removed.push(
                    `pool ${tenant.name}: it is empty and is removed, left by an interrupted run; the next up makes it again`,
                );
            }
        }
    }
    return removed;
}

async function isEmpty(client: NodeClient, { poolid }: Pool): Promise<boolean> {
    const [pool] = await client.get<{ members: unknown[] }[]>(`/pools?poolid=${poolid}`);
    return pool?.members.length === 0;
}
