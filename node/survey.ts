import type { NodeFacts, Guest, TemplateMake } from "../model/nodeFacts";
import type { Hypervisor, Substrate, WorkloadVm } from "../model/substrate";
import { chooseTemplate, type Template } from "../model/template";
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

const GIB = 1024 ** 3;

/**
 * Looks at a hypervisor's node, reading only: one request for all guests, two for each template that VMs choose, and one
 * for each VM that has more than its system disk.
 *
 * @throws NodeError where the node cannot be asked.
 */
export async function survey(client: NodeClient, hypervisor: Hypervisor, substrate: Substrate): Promise<NodeFacts> {
    const listed = (await client.get<Listed[]>("/cluster/resources?type=vm")).filter(
        ({ node, type }) => node === hypervisor.node && type === "qemu",
    );
    const templates = listed
        .filter(({ template }) => template === 1)
        .map(({ vmid, name }): Template => ({ vmid, name: name ?? "" }));
    const vms = substrate.tenants.filter((t) => t.hypervisor === hypervisor.name).flatMap((t) => t.vms);
    const config = (vmid: number) => client.get<Config>(`/nodes/${hypervisor.node}/qemu/${vmid}/config`);
    const guests = await Promise.all(
        listed
            .filter(({ template }) => template !== 1)
            .map(async (guest) => {
                const declared = vms.find(({ vmid }) => vmid === guest.vmid);
                return guestOf(guest, (declared?.extraDisks.length ?? 0) > 0 ? await config(guest.vmid) : {});
            }),
    );
    const chosen = chosenBy(vms, hypervisor, templates);
    const rules = (vmid: number) => client.get<unknown[]>(`/nodes/${hypervisor.node}/qemu/${vmid}/firewall/rules`);
    const made = await Promise.all(
        chosen.map(async (template) => ({
            ...makeOf(template, await config(template.vmid)),
            firewallRules: (await rules(template.vmid)).length,
        })),
    );
    return {
        guests: new Map(guests.map((guest) => [guest.vmid, guest])),
        templates,
        made: new Map(made.map((make) => [make.vmid, make])),
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

function guestOf(listed: Listed, config: Config): Guest {
    const extra = Object.entries(config).flatMap(([key, value]) => {
        const size = /^scsi[1-9]\d*$/.test(key) ? sizeGiBOf(String(value)) : undefined;
        return size === undefined ? [] : [[key, size] as const];
    });
    return {
        vmid: listed.vmid,
        name: listed.name ?? "",
        ...(listed.pool && { pool: listed.pool }),
        tags: tagsOf(listed),
        running: listed.status === "running",
        systemDiskGiB: Math.round(((listed.maxdisk ?? 0) / GIB) * 1000) / 1000,
        extraDisks: Object.fromEntries(extra),
        unused: Object.entries(config).flatMap(([key, volume]) => (/^unused\d+$/.test(key) ? [String(volume)] : [])),
    };
}

function makeOf(template: Template, config: Config): Omit<TemplateMake, "firewallRules"> {
    const drives = Object.values(config).map(String);
    const system = config["scsi0"] === undefined ? undefined : String(config["scsi0"]);
    return {
        ...template,
        agent: /^(enabled=)?1\b/.test(String(config["agent"] ?? "")),
        cloudInit: drives.some((drive) => /^[^,]*[:/](vm-\d+-)?cloudinit\b/.test(drive)),
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
