import type { Template } from "./template";

/** What a hypervisor's node holds before a run, as far as a run must know it: plain values. */
export interface NodeFacts {
    /** Every guest of the node that is no template, by VMID. */
    readonly guests: ReadonlyMap<number, Guest>;
    /** Templates of the node. */
    readonly templates: readonly Template[];
    /** What the templates that VMs choose are made of, by VMID. */
    readonly made: ReadonlyMap<number, TemplateMake>;
}

/** One guest as the node lists it. */
export interface Guest {
    readonly vmid: number;
    readonly name: string;
    /** PVE pool; missing for a guest in none. */
    readonly pool?: string;
    readonly tags: readonly string[];
    readonly running: boolean;
    /** Size of the system disk in GiB; 0 where the node does not say. */
    readonly systemDiskGiB: number;
    /** Sizes in GiB of the other disks, by PVE name, for guests whose definition has some. */
    readonly extraDisks: Readonly<Record<string, number>>;
}

/** What of a template's configuration a clone depends on. */
export interface TemplateMake extends Template {
    readonly agent: boolean;
    /** Whether it has a cloud-init drive. */
    readonly cloudInit: boolean;
    /** Storage and size of the system disk, scsi0; missing where it has none. */
    readonly systemDisk?: { readonly storage: string; readonly sizeGiB: number };
}

/** What the stack's own state knows from the run before. */
export interface Recorded {
    /** VMs in the state, by VMID. */
    readonly vms: ReadonlyMap<number, RecordedVm>;
    /** How often a VM was made, by the name of its component; grows when a VM that was deleted by hand is made anew. */
    readonly generations: ReadonlyMap<string, number>;
    /** MAC of each VM when an up last ended well, lower case, by VMID. */
    readonly macs: ReadonlyMap<number, string>;
}

export interface RecordedVm {
    /** Name of its component, {tenant}-{vm}. */
    readonly component: string;
    readonly node: string;
    /** MAC of the NIC in the case that the node has it; missing where it has none. */
    readonly mac?: string;
}

export const NOTHING_RECORDED: Recorded = { vms: new Map(), generations: new Map(), macs: new Map() };
