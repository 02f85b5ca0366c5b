import type { Hypervisor, WorkloadVm } from "../substrate/substrate";
import { chooseTemplate, type Template } from "../substrate/template";
import { isFilterSet } from "./addressFilter";
import type { Mappings } from "./mappings";
import type { NodeSite } from "./site";

/** A node's things, as far as they were asked for: plain values; what was not is empty. */
export interface Inventory {
    /** PVE's name of the node. */
    readonly node: string;
    /** Every guest, templates and containers among them, by VMID. */
    readonly guests: ReadonlyMap<number, Guest>;
    /** Settings of guests, by VMID. */
    readonly configs: ReadonlyMap<number, Settings>;
    /** Options of guests' firewalls, by VMID. */
    readonly firewalls: ReadonlyMap<number, Settings>;
    /** Names of the ipsets of guests' firewalls, by VMID. */
    readonly ipsets: ReadonlyMap<number, readonly string[]>;
    /** Walls and bridges of the node as a whole; missing where nobody asked. */
    readonly site?: NodeSite;
    /** Options of the node's own firewall; missing where nobody asked, or the token may not read them. */
    readonly hostFirewall?: Settings;
    /** Whether VMs can have snapshots, by VMID; of those of which nobody asked nothing stands here. */
    readonly snapshotable?: ReadonlyMap<number, boolean>;
    /** Details of templates, by VMID. */
    readonly templates: ReadonlyMap<number, TemplateDetails>;
    /** Whether PVE's datacentre firewall is on, without which no VM's firewall counts. */
    readonly datacentreFirewall: boolean;
    /** Storages of the node that the token may see; missing where nobody asked. */
    readonly storages?: readonly Storage[];
    /** Volumes on the storages of the VMs' disks. */
    readonly volumes: readonly Volume[];
    readonly pools: readonly Pool[];
    /** Mappings of the datacentre that the token may see; missing where nobody asked. */
    readonly mappings?: Mappings;
    /** Tasks of PVE's log, newest first. */
    readonly tasks: readonly Task[];
}

/** One guest of a node. */
export interface Guest {
    readonly vmid: number;
    /** PVE's word: qemu for a VM, lxc for a container. */
    readonly type: string;
    readonly name: string;
    /** PVE pool; missing for a guest in none. */
    readonly pool?: string;
    readonly tags: readonly string[];
    /** Whether it is a template. */
    readonly template: boolean;
    /** PVE's word, such as running, paused or stopped. */
    readonly status: string;
    /** PVE's lock, such as backup or suspended; missing for none. */
    readonly lock?: string;
    /** When it was made, in seconds since 1970, for guests whose settings were asked for and have it. */
    readonly created?: number;
    /** PID of its QEMU process, another one after each start; there for running guests of which it was asked. */
    readonly process?: number;
    /** Size of the system disk in GiB; 0 where the node does not say. */
    readonly systemDiskGiB: number;
    /** Sizes in GiB of the other disks, by PVE name, for guests whose settings were asked for. */
    readonly extraDisks: Readonly<Record<string, number>>;
    /** Volumes of disks that were detached, for the same guests. */
    readonly unused: readonly string[];
}

/** Settings of a guest or of its firewall, by PVE's names. */
export type Settings = Readonly<Record<string, string | number | undefined>>;

/** The parts of a template's configuration that a clone depends on. */
export interface TemplateDetails extends Template {
    readonly settings: Settings;
    readonly agent: boolean;
    /** Whether its disks can have linked clones; missing where nobody asked. */
    readonly linkable?: boolean;
    /** Whether it has a cloud-init drive. */
    readonly cloudInit: boolean;
    /** How many firewall rules it has, which a clone inherits. */
    readonly firewallRules: number;
    /** Names of its ipsets that filter addresses, which a clone inherits. */
    readonly addressFilters: readonly string[];
    /** Settings that only root may set, by PVE's names, and that a clone inherits. */
    readonly rootOnly: readonly string[];
    /** Settings of an account that cloud-init makes, by PVE's names. */
    readonly account: readonly string[];
    /** Storage and size of the system disk, scsi0; missing where it has none. */
    readonly systemDisk?: { readonly storage: string; readonly sizeGiB: number };
}

/** A storage in GET /nodes/{node}/storage. */
export interface Storage {
    readonly storage: string;
    /** PVE's kind of it, such as dir or lvmthin. */
    readonly type?: string;
    /** Kinds of content that it takes, with commas between them. */
    readonly content?: string;
    /** 1 where the node has it, and does not where the storage is disabled, or for other nodes. */
    readonly enabled?: number;
    /** 1 where the node reaches it. */
    readonly active?: number;
}

export interface Volume {
    readonly volid: string;
    readonly vmid?: number | string;
}

export interface Pool {
    readonly poolid: string;
    readonly comment?: string;
}

/** A task of PVE's log. */
export interface Task {
    /** Type of the task, such as qmconfig. */
    readonly type: string;
    /** The thing that it was about: a VMID, mostly. */
    readonly id: string;
    /** Who began it: a user, or a token as user!name. */
    readonly user: string;
    /** Seconds since 1970. */
    readonly starttime: number;
    /** How it ended; missing while it runs. */
    readonly status?: string;
}

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
    readonly lock?: string;
    /** Bytes of the system disk. */
    readonly maxdisk?: number;
}

const GIB = 1024 ** 3;

/** A guest by its entry in the list, and by settings and process where they were asked for. */
export function guestOf(listed: Listed, config: Settings = {}, process?: number): Guest {
    const { vmid, type, name = "", pool, lock, tags = "", template, status = "", maxdisk = 0 } = listed;
    const created = createdIn(config);
    const extra = Object.entries(config).flatMap(([key, value]) => {
        const size = /^scsi[1-9]\d*$/.test(key) ? sizeGiBOf(String(value)) : undefined;
        return size === undefined ? [] : [[key, size] as const];
    });
    return {
        ...{ vmid, type, name, template: template === 1, status },
        ...(pool && { pool }),
        ...(lock && { lock }),
        ...(created !== undefined && { created }),
        tags: tagsIn(tags),
        ...(process !== undefined && { process }),
        systemDiskGiB: rounded(maxdisk / GIB),
        extraDisks: Object.fromEntries(extra),
        unused: Object.entries(config).flatMap(([key, volume]) => (/^unused\d+$/.test(key) ? [String(volume)] : [])),
    };
}

/** When a VM was made, which PVE writes into its settings (PVE::QemuServer::MetaInfo). */
function createdIn({ meta }: Settings): number | undefined {
    const [, seconds] = /\bctime=(\d+)/.exec(String(meta)) ?? [];
    return seconds === undefined ? undefined : Number(seconds);
}

/** Tags of a guest, which PVE lists in one text. */
export function tagsIn(tags: string): string[] {
    return tags.split(/[;, ]+/).filter((tag) => tag !== "");
}

/** Details of a template by its settings, its firewall's rules and its ipsets. */
export function detailsOf(
    template: Template,
    config: Settings,
    rules: readonly unknown[],
    ipsets: readonly { readonly name: string }[],
): TemplateDetails {
    const system = config["scsi0"] === undefined ? undefined : String(config["scsi0"]);
    return {
        ...template,
        settings: config,
        agent: /^(enabled=)?1\b/.test(String(config["agent"] ?? "")),
        cloudInit: Object.values(config).some((drive) => /^[^,]*[:/](vm-\d+-)?cloudinit\b/.test(String(drive))),
        firewallRules: rules.length,
        rootOnly: Object.keys(config)
            .filter((key) => isRootOnly(key, String(config[key])))
            .sort(),
        account: ACCOUNT.filter((key) => config[key] !== undefined),
        addressFilters: ipsets.map(({ name }) => name).filter(isFilterSet),
        ...(system !== undefined && {
            systemDisk: { storage: storageOf(system), sizeGiB: sizeGiBOf(system) ?? 0 },
        }),
    };
}

/** Storage of a drive, by its text in PVE's settings. */
export function storageOf(drive: string | number = ""): string {
    return String(drive).split(":")[0]!;
}

/** Settings by which cloud-init makes an account, or takes all that it makes from somewhere else. */
const ACCOUNT = ["cicustom", "cipassword", "ciuser", "sshkeys"];

/**
 * Whether only root@pam may set a VM's setting, which a token never is (PVE/API2/Qemu.pm of qemu-server 8.4.10,
 * check_vm_modify_config_perm): a device of the host that is no mapping of the datacentre is one.
 */
function isRootOnly(key: string, value: string): boolean {
    return (
        ["affinity", "arch", "args", "hookscript"].includes(key) ||
        /^(parallel|ivshmem)\d*$/.test(key) ||
        (/^(hostpci|usb)\d+$/.test(key) && !/(^|,)mapping=/.test(value) && !/^(host=)?spice\b/.test(value)) ||
        (/^serial\d+$/.test(key) && value !== "socket")
    );
}

/** A disk of a VM, attached or not; a CD or cloud-init drive is none. */
const DISK = /^(scsi|virtio|sata|ide|efidisk|tpmstate|unused)\d+$/;

/** Disks among a VM's settings, by PVE name. */
export function disksIn(config: Settings): { readonly name: string; readonly sizeGiB: number }[] {
    return Object.entries(config)
        .filter(([name, drive]) => DISK.test(name) && !/\bmedia=cdrom\b/.test(String(drive)))
        .map(([name, drive]) => ({ name, sizeGiB: rounded(sizeGiBOf(String(drive)) ?? 0) }))
        .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Templates of a node that VMs can be cloned from. */
export function templatesIn(guests: Inventory["guests"]): Template[] {
    const templates = [...guests.values()].filter(({ type, template }) => template && type === "qemu");
    return templates.map(({ vmid, name, created }) => ({ vmid, name, ...(created !== undefined && { created }) }));
}

/** The template that a VM is cloned from. @throws RangeError where its choice means none of the node's, or several. */
export function templateFor(vm: WorkloadVm, { template, node }: Hypervisor, guests: Inventory["guests"]): Template {
    return chooseTemplate(templatesIn(guests), vm.template ?? template, node);
}

/** Size of a drive as PVE writes it in the drive's `size=`, in GiB. */
function sizeGiBOf(drive: string): number | undefined {
    const [, count, unit] = /\bsize=(\d+(?:\.\d+)?)([KMGT]?)/.exec(drive) ?? [];
    const factor: Record<string, number> = { "": 1 / GIB, K: 1 / 1024 ** 2, M: 1 / 1024, G: 1, T: 1024 };
    return count === undefined ? undefined : Number(count) * factor[unit!]!;
}

/** A size to three places, as it is told. */
function rounded(gib: number): number {
    return Math.round(gib * 1000) / 1000;
}
