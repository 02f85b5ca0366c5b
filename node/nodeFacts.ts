import { historyOf, restartSettingsOf, type Recorded, type RestartSettings } from "../state/recorded";
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

/**
 * Whether a VM's disks grow first and its other changes wait for the next run: the provider grows no disk of a running VM
 * in the same update as a change that needs a restart, unless it may restart it.
 */
export function growsFirst(vm: WorkloadVm, guest: Guest | undefined, recorded: Recorded): boolean {
    const had = historyOf(vm, recorded)?.restartSettings;
    if (had === undefined || guest?.running !== true || vm.reboot !== "never") {
        return false;
    }
    const grows =
        guest.systemDiskGiB < vm.diskGiB ||
        vm.extraDisks.some(({ interface: name, sizeGiB }) => (guest.extraDisks[name] ?? sizeGiB) < sizeGiB);
    const now = restartSettingsOf(vm);
    return grows && (Object.keys(now) as (keyof RestartSettings)[]).some((key) => now[key] !== had[key]);
}
