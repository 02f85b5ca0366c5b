import type { Hypervisor, Substrate, WorkloadVm } from "../substrate/substrate";
import type { Template } from "../substrate/template";
import { NodeError, type NodeClient } from "./client";
import {
    detailsOf,
    guestOf,
    type Inventory,
    type Listed,
    type Pool,
    type Settings,
    type Task,
    type TemplateDetails,
    type Volume,
    templateFor,
} from "./inventory";
import { asksRebuild, historyOf, isCloned, type Recorded } from "../state/recorded";
import { asksProcess } from "./addressFilter";

/** The parts of an inventory that are asked for beside the guests. */
export interface Parts {
    /** VMIDs whose settings are asked for, where they are there: one request each. */
    readonly configs?: readonly number[];
    /** VMIDs whose firewall's options are asked for, where they are there: one request each. */
    readonly firewalls?: readonly number[];
    /** Further ones, of which the guests tell: as many requests. */
    readonly walls?: (guests: Inventory["guests"]) => readonly number[];
    /** VMIDs whose process is asked for, where they run: one request each. */
    readonly processes?: readonly number[];
    /** Templates whose details are asked for: three requests each. */
    readonly templates?: (guests: Inventory["guests"]) => readonly Template[];
    /** One request for each of these. */
    readonly datacentreFirewall?: boolean;
    readonly volumes?: boolean;
    readonly pools?: boolean;
    readonly tasks?: boolean;
}

/** How far back the task log is read; PVE itself keeps about as many in its newest file. */
const TASKS = 1000;

/**
 * Reads the inventory of a node: one request for its guests, and those that the parts need.
 *
 * @throws NodeError where the node cannot be asked.
 */
export async function readInventory(
    client: NodeClient,
    { node, datastore }: Pick<Hypervisor, "node" | "datastore">,
    parts: Parts = {},
): Promise<Inventory> {
    const all = await client.get<Listed[]>("/cluster/resources?type=vm");
    const listed = new Map(all.filter((one) => one.node === node).map((one) => [one.vmid, one]));
    const there = (vmids: readonly number[] = []) => vmids.filter((vmid) => listed.has(vmid));
    const running = there(parts.processes).filter((vmid) => listed.get(vmid)!.status === "running");
    const each = async <T>(vmids: readonly number[], ask: (vmid: number) => Promise<T>) =>
        new Map(await Promise.all(vmids.map(async (vmid) => [vmid, await ask(vmid)] as const)));
    const of = (vmid: number) => `/nodes/${node}/qemu/${vmid}`;
    const ask = <T>(asked: boolean | undefined, path: string, nothing: T) =>
        asked === true ? client.get<T>(path) : nothing;
    const guests = new Map([...listed].map(([vmid, one]) => [vmid, guestOf(one)]));
    const templates = parts.templates?.(guests) ?? [];
    const walls = [...new Set([...(parts.firewalls ?? []), ...(parts.walls?.(guests) ?? [])])];
    const [configs, firewalls, processes, details, options, volumes, pools, tasks] = await Promise.all([
        each(there(parts.configs), async (vmid) => (await readSettings(client, node, vmid)) ?? {}),
        each(there(walls), (vmid) => orNothing(client.get<Settings>(`${of(vmid)}/firewall/options`), {})),
        each(running, async (vmid) => (await client.get<{ pid?: number }>(`${of(vmid)}/status/current`)).pid),
        Promise.all(templates.map((template) => readDetails(client, of(template.vmid), template))),
        ask<{ enable?: number }>(parts.datacentreFirewall, "/cluster/firewall/options", {}),
        ask<Volume[]>(parts.volumes, `/nodes/${node}/storage/${datastore}/content`, []),
        ask<Pool[]>(parts.pools, "/pools", []),
        ask<Task[]>(parts.tasks, `/nodes/${node}/tasks?limit=${TASKS}`, []),
    ]);
    const known = [...listed].map(([vmid, one]) => guestOf(one, configs.get(vmid), processes.get(vmid)));
    return {
        ...{ node, configs, firewalls, volumes, pools, tasks },
        guests: new Map(known.map((guest) => [guest.vmid, guest])),
        templates: new Map(details.map((one) => [one.vmid, one])),
        // Off by default; on, PVE writes 1, or the time when it was turned on.
        datacentreFirewall: (options.enable ?? 0) > 0,
    };
}

/** The answer to a request, or something else where the node says that the thing is not there. */
export async function orNothing<T>(answer: Promise<T>, nothing: T): Promise<T> {
    try {
        return await answer;
    } catch (error) {
        if (error instanceof NodeError && (error.status === 404 || /does not exist|no such/.test(error.message))) {
            return nothing;
        }
        throw error;
    }
}

/** Settings of a VM; undefined for one that is not there. @throws NodeError where the node cannot be asked. */
export function readSettings(client: NodeClient, node: string, vmid: number): Promise<Settings | undefined> {
    return orNothing(client.get<Settings | undefined>(`/nodes/${node}/qemu/${vmid}/config`), undefined);
}

async function readDetails(client: NodeClient, path: string, template: Template): Promise<TemplateDetails> {
    const [config, rules, ipsets] = await Promise.all([
        client.get<Settings>(`${path}/config`),
        client.get<unknown[]>(`${path}/firewall/rules`),
        client.get<{ name: string }[]>(`${path}/firewall/ipset`),
    ]);
    return detailsOf(template, config, rules, ipsets);
}

/** VMs that the files put on a hypervisor. */
export function vmsOn({ tenants }: Substrate, { name }: Hypervisor): WorkloadVm[] {
    return tenants.filter(({ hypervisor }) => hypervisor === name).flatMap(({ vms }) => vms);
}

/** The parts of a node's inventory that a survey needs, before a run. */
export function surveyParts(substrate: Substrate, hypervisor: Hypervisor, recorded: Recorded): Parts {
    const vms = vmsOn(substrate, hypervisor);
    const vmids = (asked: (vm: WorkloadVm) => boolean) => vms.filter(asked).map(({ vmid }) => vmid);
    const hasOrHad = (vm: WorkloadVm) =>
        [...vm.extraDisks, ...(historyOf(vm, recorded)?.extraDisks ?? [])].length > 0 || asksRebuild(vm, recorded);
    const declared = new Set(vmids(() => true));
    return {
        configs: [...vmids(hasOrHad), ...[...recorded.vms.keys()].filter((vmid) => !declared.has(vmid))],
        processes: vmids((vm) => asksProcess(vm, recorded)),
        templates: (guests) => {
            const cloned = vms.filter((vm) => isCloned(vm, guests, recorded));
            const chosen = cloned.flatMap((vm) => {
                try {
                    return [templateFor(vm, hypervisor, guests)];
                } catch (error) {
                    // A choice that means none or several is the check's to tell.
                    if (error instanceof RangeError) {
                        return [];
                    }
                    throw error;
                }
            });
            return [...new Map(chosen.map((template) => [template.vmid, template])).values()];
        },
        // One that is stopped may run only where its firewall stands.
        walls: (guests) => vmids(({ vmid }) => guests.get(vmid)?.status === "stopped"),
        datacentreFirewall: true,
    };
}

/** The parts that drift needs, beside a preview. */
export function driftParts(substrate: Substrate, hypervisor: Hypervisor): Parts {
    const vmids = vmsOn(substrate, hypervisor).map(({ vmid }) => vmid);
    return { configs: vmids, firewalls: vmids, tasks: hypervisor.taskLog };
}

/** The parts that say whether anything of a tenant is there still. */
export const TEARDOWN_PARTS: Parts = { volumes: true, pools: true };
