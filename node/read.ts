import type { Hypervisor, Substrate, WorkloadVm } from "../substrate/substrate";
import { rivalsOf, type Template } from "../substrate/template";
import { NodeError, type NodeClient } from "./client";
import {
    detailsOf,
    guestOf,
    type Inventory,
    type Listed,
    type Pool,
    type Settings,
    type Storage,
    type Task,
    type TemplateDetails,
    type Volume,
    templateFor,
    templatesIn,
} from "./inventory";
import { mayTakeDisks } from "./checkUndeclared";
import { asksFirmware } from "./firmware";
import { readMappings } from "./mappings";
import { canHaveSnapshot } from "./snapshots";
import { readHostFirewall, readSite, unlessForbidden } from "./site";
import { runs } from "./guestState";
import { asksRebuild, historyOf, isCloned, movesDisk, type Recorded } from "../state/recorded";
import { datastoresOf } from "../substrate/datastores";
import { hasDevices } from "../substrate/devices";
import { asksProcess } from "./addressFilter";

/** The parts of an inventory that are asked for beside the guests. */
export interface Parts {
    /** Guests whose settings are asked for: one request each. */
    readonly configs?: (guests: Inventory["guests"]) => readonly number[];
    /** VMIDs whose firewall's options and ipsets are asked for, where they are there: two requests each. */
    readonly firewalls?: readonly number[];
    /** Further ones whose options alone are asked for, of which the guests tell: one request each. */
    readonly walls?: (guests: Inventory["guests"]) => readonly number[];
    /** VMIDs whose process is asked for, where they run: one request each. */
    readonly processes?: readonly number[];
    /** VMIDs of which is asked whether they can have snapshots, where they are there: one request each. */
    readonly snapshotable?: readonly number[];
    /** Templates whose details are asked for, once the settings are read. */
    readonly templates?: (guests: Inventory["guests"]) => readonly AskedTemplate[];
    /** Four requests for the walls and bridges that every guest depends on. */
    readonly site?: boolean;
    /** One request for each of these. */
    readonly hostFirewall?: boolean;
    readonly datacentreFirewall?: boolean;
    readonly storages?: boolean;
    readonly volumes?: boolean;
    readonly pools?: boolean;
    /** One request for each kind. */
    readonly mappings?: boolean;
    readonly tasks?: boolean;
}

/** A template whose details are asked for: three requests, and one more where a VM is to be a linked clone of it. */
interface AskedTemplate extends Template {
    readonly linked?: boolean;
}

/** How far back the task log is read; PVE itself keeps about as many in its newest file. */
const TASKS = 1000;

/**
 * Reads the inventory of a node: one request for its guests, and those that the parts need.
 *
 * @throws NodeError where the node cannot be asked.
 */
export async function readInventory(
    client: Pick<NodeClient, "get">,
    hypervisor: Pick<Hypervisor, "node" | "datastore" | "datastores">,
    parts: Parts = {},
): Promise<Inventory> {
    const { node } = hypervisor;
    const all = await client.get<Listed[]>("/cluster/resources?type=vm");
    const listed = all.filter((one) => one.node === node);
    const guestsOf = (processes: ReadonlyMap<number, number | undefined> = new Map()) =>
        new Map(listed.map((one) => [one.vmid, guestOf(one, configs.get(one.vmid), processes.get(one.vmid))] as const));
    let configs: Inventory["configs"] = new Map();
    const wanted = parts.configs?.(guestsOf()) ?? [];
    const types = new Map(listed.map(({ vmid, type }) => [vmid, type]));
    configs = await each(wanted, async (vmid) => (await readSettings(client, node, vmid, types.get(vmid))) ?? {});
    const guests = guestsOf();
    const ask = <T>(asked: boolean | undefined, path: string, nothing: T) =>
        asked === true ? client.get<T>(path) : nothing;
    const [ofGuests, options, storages, volumes, pools, tasks, ofNode] = await Promise.all([
        readGuests(client, node, guests, parts),
        ask<{ enable?: number }>(parts.datacentreFirewall, "/cluster/firewall/options", {}),
        ask<Storage[] | undefined>(parts.storages, `/nodes/${node}/storage`, undefined),
        parts.volumes === true ? readVolumes(client, hypervisor) : [],
        ask<Pool[]>(parts.pools, "/pools", []),
        ask<Task[]>(parts.tasks, `/nodes/${node}/tasks?limit=${TASKS}`, []),
        readNode(client, node, parts),
    ]);
    const { processes, ...others } = ofGuests;
    return {
        ...{ node, configs, ...others, volumes, pools, tasks },
        guests: guestsOf(processes),
        // Off by default; on, PVE writes 1, or the time when it was turned on.
        datacentreFirewall: (options.enable ?? 0) > 0,
        ...(storages && { storages }),
        ...ofNode,
    };
}

/** The parts that are of the node itself, and of its datacentre. */
async function readNode(
    client: Pick<NodeClient, "get">,
    node: string,
    parts: Parts,
): Promise<Pick<Inventory, "site" | "hostFirewall" | "mappings">> {
    const [site, hostFirewall, mappings] = await Promise.all([
        parts.site === true ? readSite(client, node) : undefined,
        parts.hostFirewall === true ? readHostFirewall(client, node) : undefined,
        parts.mappings === true ? readMappings(client, node) : undefined,
    ]);
    return { ...(site && { site }), ...(hostFirewall && { hostFirewall }), ...(mappings && { mappings }) };
}

/** Volumes on the storages of VMs' disks: of a further one that is not there, or not the token's to look at, none is ours. */
async function readVolumes(
    client: Pick<NodeClient, "get">,
    { node, datastore, datastores }: Pick<Hypervisor, "node" | "datastore" | "datastores">,
): Promise<Volume[]> {
    const on = (storage: string) => client.get<Volume[]>(`/nodes/${node}/storage/${storage}/content`);
    const further = Object.keys(datastores).map(async (storage) => {
        const volumes: Volume[] | undefined = await unlessForbidden(orNothing(on(storage), []));
        return volumes ?? [];
    });
    return (await Promise.all([on(datastore), ...further])).flat();
}

/** Reads what each of some guests is asked of beside its settings, side by side. */
async function readGuests(client: Pick<NodeClient, "get">, node: string, guests: Inventory["guests"], parts: Parts) {
    const there = (vmids: readonly number[] = []) => vmids.filter((vmid) => guests.has(vmid));
    const of = (vmid: number) => `/nodes/${node}/qemu/${vmid}`;
    const firewall = <T>(vmid: number, part: string, nothing: T) =>
        orNothing(client.get<T>(`${of(vmid)}/firewall/${part}`), nothing);
    const running = there(parts.processes).filter((vmid) => runs(guests.get(vmid)!));
    const chosen = parts.templates?.(guests) ?? [];
    const walls = [...new Set([...(parts.firewalls ?? []), ...(parts.walls?.(guests) ?? [])])];
    const [firewalls, sets, processes, templates, snapshotable] = await Promise.all([
        each(there(walls), (vmid) => firewall<Settings>(vmid, "options", {})),
        each(there(parts.firewalls), (vmid) => firewall<{ name: string }[]>(vmid, "ipset", [])),
        each(running, async (vmid) => (await client.get<{ pid?: number }>(`${of(vmid)}/status/current`)).pid),
        Promise.all(chosen.map((template) => readDetails(client, of(template.vmid), template))),
        each(there(parts.snapshotable), (vmid) => orNothing(canHaveSnapshot(client, { vmid, node }), true)),
    ]);
    return {
        ...{ firewalls, processes, snapshotable },
        ipsets: new Map([...sets].map(([vmid, names]) => [vmid, names.map(({ name }) => name)])),
        templates: new Map(templates.map((one) => [one.vmid, one])),
    };
}

/** Asks about each of some guests, side by side. */
async function each<T>(vmids: readonly number[], ask: (vmid: number) => Promise<T>): Promise<Map<number, T>> {
    return new Map(await Promise.all(vmids.map(async (vmid) => [vmid, await ask(vmid)] as const)));
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

/** Settings of a guest; undefined for one that is not there. @throws NodeError where the node cannot be asked. */
export function readSettings(
    client: Pick<NodeClient, "get">,
    node: string,
    vmid: number,
    type = "qemu",
): Promise<Settings | undefined> {
    return orNothing(client.get<Settings | undefined>(`/nodes/${node}/${type}/${vmid}/config`), undefined);
}

async function readDetails(
    client: Pick<NodeClient, "get">,
    path: string,
    { linked = false, ...template }: AskedTemplate,
): Promise<TemplateDetails> {
    const [config, rules, ipsets, feature] = await Promise.all([
        client.get<Settings>(`${path}/config`),
        client.get<unknown[]>(`${path}/firewall/rules`),
        client.get<{ name: string }[]>(`${path}/firewall/ipset`),
        linked ? client.get<{ hasFeature: number }>(`${path}/feature?feature=clone`) : undefined,
    ]);
    const details = detailsOf(template, config, rules, ipsets);
    return feature === undefined ? details : { ...details, linkable: feature.hasFeature === 1 };
}

/** VMs that the files put on a hypervisor. */
export function vmsOn({ tenants }: Substrate, { name }: Hypervisor): WorkloadVm[] {
    return tenants.filter(({ hypervisor }) => hypervisor === name).flatMap(({ vms }) => vms);
}

/**
 * Guests whose settings a survey needs: VMs that have or had further disks, or some of their template's, whose disks change, that have or
 * had further NICs, whose files say their firmware or devices or have snapshots taken, that are made anew, that the state lost, and that
 * go; where an address is fixed or a device declared, everybody else's guests, one of which may have it; and templates that only the time
 * of their making tells apart.
 */
function surveyed(
    substrate: Substrate,
    hypervisor: Hypervisor,
    guests: Inventory["guests"],
    recorded: Recorded,
): number[] {
    const vms = vmsOn(substrate, hypervisor);
    const own = new Set(vms.map(({ vmid }) => vmid));
    const others = [...guests.values()].filter(({ vmid, template }) => !own.has(vmid) && !template);
    const cloned = vms.filter((vm) => isCloned(vm, guests, recorded)).flatMap(({ template }) => template ?? []);
    const templates = templatesIn(guests);
    const hasOrHad = (vm: WorkloadVm) =>
        vm.extraDisks.length > 0 || (historyOf(vm, recorded)?.extraDisks ?? []).length > 0;
    return [
        ...vms
            .filter(
                (vm) =>
                    guests.has(vm.vmid) &&
                    (hasOrHad(vm) ||
                        movesDisk(vm, recorded) ||
                        vm.nics.length > 0 ||
                        (recorded.nicMacs.get(vm.vmid) ?? []).length > 0 ||
                        asksFirmware(vm) ||
                        hasDevices(vm.devices) ||
                        vm.snapshot !== undefined ||
                        mayTakeDisks(vm, { substrate, hypervisor, recorded }) ||
                        asksRebuild(vm, recorded) ||
                        !recorded.vms.has(vm.vmid)),
            )
            .map(({ vmid }) => vmid),
        ...[...recorded.vms.keys()].filter((vmid) => !own.has(vmid) && guests.has(vmid)),
        ...(vms.some(({ address, devices }) => address !== undefined || hasDevices(devices))
            ? others.map(({ vmid }) => vmid)
            : []),
        ...new Set(
            [hypervisor.template, ...cloned].flatMap((choice) => rivalsOf(templates, choice)).map(({ vmid }) => vmid),
        ),
    ];
}

/** The parts of a node's inventory that a survey needs, before a run. */
export function surveyParts(substrate: Substrate, hypervisor: Hypervisor, recorded: Recorded): Parts {
    const vms = vmsOn(substrate, hypervisor);
    const vmids = (asked: (vm: WorkloadVm) => boolean) => vms.filter(asked).map(({ vmid }) => vmid);
    return {
        configs: (guests) => surveyed(substrate, hypervisor, guests, recorded),
        processes: vmids((vm) => asksProcess(vm, recorded)),
        snapshotable: vmids(({ snapshot }) => snapshot !== undefined),
        templates: (guests) => {
            const cloned = vms.filter((vm) => isCloned(vm, guests, recorded));
            const chosen = cloned.flatMap((vm): AskedTemplate[] => {
                try {
                    return [{ ...templateFor(vm, hypervisor, guests), linked: vm.clone === "linked" }];
                } catch (error) {
                    // A choice that means none or several is the check's to tell.
                    if (error instanceof RangeError) {
                        return [];
                    }
                    throw error;
                }
            });
            // Of two entries for one template the later stands.
            const linkedLast = [...chosen].sort((a, b) => Number(a.linked) - Number(b.linked));
            return [...new Map(linkedLast.map((template) => [template.vmid, template])).values()];
        },
        // One that is stopped may run only where its firewall stands.
        walls: (guests) => vmids(({ vmid }) => guests.get(vmid)?.status === "stopped"),
        datacentreFirewall: true,
        // Without it the token may not.
        hostFirewall: hypervisor.taskLog,
        mappings: vms.some(({ devices }) => hasDevices(devices)),
        storages: vms.some(
            (vm) =>
                vm.snapshot !== undefined || datastoresOf(vm).some((datastore) => datastore !== hypervisor.datastore),
        ),
    };
}

/** The parts that drift needs, beside a preview. */
export function driftParts(substrate: Substrate, hypervisor: Hypervisor): Parts {
    const vmids = vmsOn(substrate, hypervisor).map(({ vmid }) => vmid);
    // Of all guests, whose NICs may be in a tenant's segment; templates say what their clones have from them.
    const configs = (guests: Inventory["guests"]) => [...guests.keys()];
    return { configs, firewalls: vmids, tasks: hypervisor.taskLog, site: true, hostFirewall: true };
}

/** The parts that say whether anything of a tenant is there still. */
export const TEARDOWN_PARTS: Parts = { volumes: true, pools: true };
