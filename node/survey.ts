import { asksProcess, FILTER_IPSET } from "./addressFilter";
import { isCloned, type Recorded } from "../state/recorded";
import type { Guest, NodeFacts, TemplateMake } from "./nodeFacts";
import type { Hypervisor, Substrate, WorkloadVm } from "../substrate/substrate";
import { chooseTemplate, type Template } from "../substrate/template";
import type { NodeClient } from "./client";

/** A guest in GET /cluster/resources. */
export interface Listed {
    readonly vmid: number;
    readonly node: string;
    readonly type: string;
    readonly name?: string;
    readonly pool?: string;
    readonly tags?: string;
    readonly template?: number;
    readonly status?: string;
    /** Bytes of the system disk. */
    readonly maxdisk?: number;
}

type Config = Readonly<Record<string, string | number | undefined>>;

/** Reads below a guest's own path of the API. */
type Ask = <T>(vmid: number, path: string) => Promise<T>;

const GIB = 1024 ** 3;

/**
 * Looks at a hypervisor's node, reading only: one request for all guests and one for the datacentre firewall, three for
 * each template that VMs are to be cloned from, one for each VM that has more than its system disk, and one for each whose
 * address filter may wait.
 *
 * @throws NodeError where the node cannot be asked.
 */
export async function survey(
    client: NodeClient,
    hypervisor: Hypervisor,
    substrate: Substrate,
    recorded: Recorded,
): Promise<NodeFacts> {
    const listed = (await client.get<Listed[]>("/cluster/resources?type=vm")).filter(
        ({ node, type }) => node === hypervisor.node && type === "qemu",
    );
    const templates = listed
        .filter(({ template }) => template === 1)
        .map(({ vmid, name }): Template => ({ vmid, name: name ?? "" }));
    const vms = substrate.tenants.filter((t) => t.hypervisor === hypervisor.name).flatMap((t) => t.vms);
    const declared = new Map(vms.map((vm) => [vm.vmid, vm]));
    const guestsListed = listed.filter(({ template }) => template !== 1);
    const there = new Set(guestsListed.map(({ vmid }) => vmid));
    const cloned = vms.filter((vm) => isCloned(vm, there, recorded));
    const ask = <T>(vmid: number, path: string) => client.get<T>(`/nodes/${hypervisor.node}/qemu/${vmid}/${path}`);
    const [guests, made, options] = await Promise.all([
        Promise.all(guestsListed.map((guest) => guestOf(guest, declared.get(guest.vmid), recorded, ask))),
        Promise.all(chosenBy(cloned, hypervisor, templates).map((template) => makeOf(template, ask))),
        client.get<{ enable?: number }>("/cluster/firewall/options"),
    ]);
    return {
        guests: new Map(guests.map((guest) => [guest.vmid, guest])),
        templates,
        made: new Map(made.map((make) => [make.vmid, make])),
        // Off by default; on, PVE writes 1, or the time when it was turned on.
        datacentreFirewall: (options.enable ?? 0) > 0,
    };
}

/** The templates that the hypervisor's VMs choose; a choice that means none or several is the check's to tell. */
function chosenBy(vms: readonly WorkloadVm[], hypervisor: Hypervisor, templates: readonly Template[]): Template[] {
    const chosen = vms.flatMap((vm) => {
        try {
            return [chooseTemplate(templates, vm.template ?? hypervisor.template, hypervisor.node)];
        } catch (error) {
            if (error instanceof RangeError) {
                return [];
            }
            throw error;
        }
    });
    return [...new Map(chosen.map((template) => [template.vmid, template])).values()];
}

/** Tags of a guest, which PVE lists in one text. */
export function tagsOf({ tags = "" }: Listed): string[] {
    return tags.split(/[;, ]+/).filter((tag) => tag !== "");
}

async function guestOf(listed: Listed, vm: WorkloadVm | undefined, recorded: Recorded, ask: Ask): Promise<Guest> {
    const running = listed.status === "running";
    const config = vm !== undefined && vm.extraDisks.length > 0 ? await ask<Config>(listed.vmid, "config") : {};
    const asked = running && vm !== undefined && asksProcess(vm, recorded);
    const { pid } = asked ? await ask<{ pid?: number }>(listed.vmid, "status/current") : {};
    const extra = Object.entries(config).flatMap(([key, value]) => {
        const size = /^scsi[1-9]\d*$/.test(key) ? sizeGiBOf(String(value)) : undefined;
        return size === undefined ? [] : [[key, size] as const];
    });
    return {
        vmid: listed.vmid,
        name: listed.name ?? "",
        ...(listed.pool && { pool: listed.pool }),
        tags: tagsOf(listed),
        running,
        ...(pid !== undefined && { process: pid }),
        systemDiskGiB: Math.round(((listed.maxdisk ?? 0) / GIB) * 1000) / 1000,
        extraDisks: Object.fromEntries(extra),
        unused: Object.entries(config).flatMap(([key, volume]) => (/^unused\d+$/.test(key) ? [String(volume)] : [])),
    };
}

async function makeOf(template: Template, ask: Ask): Promise<TemplateMake> {
    const [config, rules, ipsets] = await Promise.all([
        ask<Config>(template.vmid, "config"),
        ask<unknown[]>(template.vmid, "firewall/rules"),
        ask<{ name: string }[]>(template.vmid, "firewall/ipset"),
    ]);
    const drives = Object.values(config).map(String);
    const system = config["scsi0"] === undefined ? undefined : String(config["scsi0"]);
    return {
        ...template,
        agent: /^(enabled=)?1\b/.test(String(config["agent"] ?? "")),
        cloudInit: drives.some((drive) => /^[^,]*[:/](vm-\d+-)?cloudinit\b/.test(drive)),
        firewallRules: rules.length,
        addressFilter: ipsets.some(({ name }) => name === FILTER_IPSET),
        ...(system !== undefined && {
            systemDisk: { storage: system.split(":")[0]!, sizeGiB: sizeGiBOf(system) ?? 0 },
        }),
    };
}

/** Size of a drive as PVE writes it in the drive's `size=`, in GiB. */
export function sizeGiBOf(drive: string): number | undefined {
    const [, count, unit] = /\bsize=(\d+(?:\.\d+)?)([KMGT]?)/.exec(drive) ?? [];
    const factor: Record<string, number> = { "": 1 / GIB, K: 1 / 1024 ** 2, M: 1 / 1024, G: 1, T: 1024 };
    return count === undefined ? undefined : Number(count) * factor[unit!]!;
}
