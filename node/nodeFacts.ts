import type { HostFacts } from "../host/facts";
import type { WorkloadVm } from "../substrate/substrate";
import type { Template } from "../substrate/template";

/** What a hypervisor's node holds before a run, as far as a run must know it: plain values. */
export interface NodeFacts {
    /** Every guest of the node that is no template, by VMID. */
    readonly guests: ReadonlyMap<number, Guest>;
    /** Templates of the node. */
    readonly templates: readonly Template[];
    /** What the templates that VMs choose are made of, by VMID. */
    readonly made: ReadonlyMap<number, TemplateMake>;
    /** Whether PVE's datacentre firewall is on, without which no VM's firewall counts. */
    readonly datacentreFirewall: boolean;
}

/** One guest as the node lists it. */
export interface Guest {
    readonly vmid: number;
    readonly name: string;
    /** PVE pool; missing for a guest in none. */
    readonly pool?: string;
    readonly tags: readonly string[];
    readonly running: boolean;
    /** PID of its QEMU process, another one after each start; there for running guests whose address filter may wait. */
    readonly process?: number;
    /** Size of the system disk in GiB; 0 where the node does not say. */
    readonly systemDiskGiB: number;
    /** Sizes in GiB of the other disks, by PVE name, for guests whose definition has some. */
    readonly extraDisks: Readonly<Record<string, number>>;
    /** Volumes of disks that were detached, for the same guests. */
    readonly unused: readonly string[];
}

/** What of a template's configuration a clone depends on. */
export interface TemplateMake extends Template {
    readonly agent: boolean;
    /** Whether it has a cloud-init drive. */
    readonly cloudInit: boolean;
    /** How many firewall rules it has, which a clone inherits. */
    readonly firewallRules: number;
    /** Whether it has the ipset of an address filter, which a clone inherits. */
    readonly addressFilter: boolean;
    /** Storage and size of the system disk, scsi0; missing where it has none. */
    readonly systemDisk?: { readonly storage: string; readonly sizeGiB: number };
}

/** What the stack's own state knows from the run before. */
export interface Recorded {
    /** VMs in the state, by VMID. */
    readonly vms: ReadonlyMap<number, RecordedVm>;
    /** Names of each VM's component, by VMID: more than one where a run broke off that renamed some of its resources. */
    readonly names: ReadonlyMap<number, ReadonlySet<string>>;
    /** What is kept of each VM from run to run, by the name of its component. */
    readonly made: ReadonlyMap<string, RecordedMaking>;
    /** MAC of each VM when an up last ended well, lower case, by VMID. */
    readonly macs: ReadonlyMap<number, string>;
    /** Baselines of hosts, by the name of the component. */
    readonly baselines: ReadonlyMap<string, RecordedBaseline>;
}

/** What the state knows of a host's baseline. */
export interface RecordedBaseline {
    /** The run that last ended well; missing before the first. */
    readonly applied?: { readonly digest: string; readonly generation: number };
    /** What the host said of itself before that run. */
    readonly facts?: HostFacts;
    /** Name of the run that was last begun, whether it ended or not. */
    readonly begun?: string;
}

export interface RecordedVm {
    /** Name of its component, {tenant}-{vm}. */
    readonly component: string;
    readonly node: string;
    /** MAC of the NIC in the case that the node has it; missing where it has none. */
    readonly mac?: string;
}

export interface RecordedMaking {
    /** How often the VM was made; grows when one that was deleted by hand is made anew. */
    readonly generation: number;
    /** Word in `rebuild` that it was last made by; empty for none. */
    readonly rebuild: string;
    /** What it was last declared with of the settings that count only after a restart; missing for a VM that is new. */
    readonly restartSettings?: RestartSettings;
    /** PID of the QEMU process that began with another address than the one declared since, if it still ran then. */
    readonly addressWaitsFor?: number;
    /** Disks that it was last declared with beside its system disk, by PVE name. */
    readonly extraDisks?: readonly string[];
}

/** Settings that a running VM takes over only when it is restarted. */
export type RestartSettings = Pick<WorkloadVm, "cores" | "cpuType" | "memoryMiB" | "balloonMiB"> & {
    readonly agent: boolean;
    readonly address: string;
    readonly user: string;
};

/** A VM's settings that count only after a restart, in a form that compares. */
export function restartSettingsOf(vm: WorkloadVm): RestartSettings {
    const { cores, cpuType, memoryMiB, balloonMiB, agent, address = "dhcp", user } = vm;
    const account = user === undefined ? "" : [user.name, ...user.keys].join("\n");
    return { cores, cpuType, memoryMiB, balloonMiB, agent: agent.enabled, address, user: account };
}

/**
 * Whether a VM's disks grow first and its other changes wait for the next run: the provider grows no disk of a running VM
 * in the same update as a change that needs a restart, unless it may restart it.
 */
export function growsFirst(vm: WorkloadVm, guest: Guest | undefined, recorded: Recorded): boolean {
    const had = recorded.made.get(componentOf(vm, recorded))?.restartSettings;
    if (had === undefined || guest?.running !== true || vm.reboot !== "never") {
        return false;
    }
    const grows =
        guest.systemDiskGiB < vm.diskGiB ||
        vm.extraDisks.some(({ interface: name, sizeGiB }) => (guest.extraDisks[name] ?? sizeGiB) < sizeGiB);
    const now = restartSettingsOf(vm);
    return grows && (Object.keys(now) as (keyof RestartSettings)[]).some((key) => now[key] !== had[key]);
}

export const NOTHING_RECORDED: Recorded = {
    vms: new Map(),
    names: new Map(),
    made: new Map(),
    macs: new Map(),
    baselines: new Map(),
};

/** Whether a VM's `rebuild` asks for a replacement: a word that is not the one it was made by. None is no new word. */
export function asksRebuild(vm: WorkloadVm, recorded: Recorded): boolean {
    return vm.rebuild !== undefined && recorded.vms.has(vm.vmid) && vm.rebuild !== wordOf(vm, recorded);
}

/** Whether a run clones a VM: it is not on its node, or is to be replaced. @param guests VMIDs of the node's guests. */
export function isCloned(vm: WorkloadVm, guests: { has(vmid: number): boolean }, recorded: Recorded): boolean {
    return !guests.has(vm.vmid) || asksRebuild(vm, recorded);
}

/** The word that a VM was last made by; empty for none. */
export function wordOf(vm: WorkloadVm, recorded: Recorded): string {
    return recorded.made.get(componentOf(vm, recorded))?.rebuild ?? "";
}

/** Name of the component that a VM has in the state, which is another one while the VM is renamed. */
export function componentOf(vm: WorkloadVm, { vms }: Recorded): string {
    return vms.get(vm.vmid)?.component ?? `${vm.tenant}-${vm.name}`;
}
