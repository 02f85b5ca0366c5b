import type { BaselineDefinition, CollectionDefinition } from "../definitions/definitions";
import type { DefinedAt } from "../definitions/places";
import type { BackupJob } from "./backupJobs";
import type { DiskOptions } from "./diskOptions";
import type { Devices } from "./devices";
import type { FirmwareChoice } from "./firmware";
import type { FurtherNic } from "./furtherNics";
import type { NetworkPlan, Subnet } from "./plan";
import type { SnapshotRule } from "./snapshots";

/**
 * The resolved model: plain, frozen values that components declare resources from. Everything that can be computed
 * without a server stands here; nothing in it is a Pulumi type.
 */
export interface Substrate {
    /** Name of the substrate and of its stack, as dvntm. */
    readonly name: string;
    /** DNS zone of the substrate, above those of its tenants. */
    readonly zone: string;
    /** IANA name of the time zone in which a day of `expires` ends. */
    readonly timeZone: string;
    /** Network plan of the site. */
    readonly plan: NetworkPlan;
    /** The project's other substrates, whose nodes are never this one's. */
    readonly elsewhere: readonly Elsewhere[];
    readonly status: "active" | "planned";
    readonly hypervisors: readonly Hypervisor[];
    readonly coreRouter: CoreRouter;
    readonly tenants: readonly Tenant[];
    /** Needs of an up that are not met, one entry each; empty for a substrate that can be brought up. */
    readonly missing: readonly string[];
}

/** Another substrate of the project, and the networks of its site. */
export interface Elsewhere {
    readonly name: string;
    readonly site: number;
    readonly networks: readonly string[];
}

/** The substrate's core router, and who writes to it. */
export interface CoreRouter {
    readonly mode: "api" | "export" | "none";
    /** URL of the router; there in mode api. */
    readonly endpoint?: string;
    /** NIC of the router that carries the VLANs, such as re0. */
    readonly vlanParent: string;
    /** The collection that writes the router in mode export; missing where the stack file does not say. */
    readonly collection?: CollectionDefinition;
}

/** One standalone PVE node of a substrate. */
export interface Hypervisor {
    readonly name: string;
    /** PVE node name. */
    readonly node: string;
    /** URL of the PVE API. */
    readonly endpoint: string;
    readonly ssh: Ssh;
    /** Configuration of the host itself; missing where there is none. */
    readonly baseline?: Baseline;
    readonly bridge: string;
    /** PVE storage of cloud-init drives, and of the disks of VMs that name no other. */
    readonly datastore: string;
    /** Further PVE storages for disks, by name, with their sizes in GiB. */
    readonly datastores: Readonly<Record<string, number>>;
    /** PVE storage of backups; missing where none are made. */
    readonly backup?: string;
    /** Whether the node's task log is read. */
    readonly taskLog: boolean;
    /** Tags of other tools that stay: each a tag, or the beginning of some and an asterisk. */
    readonly keepTags: readonly string[];
    readonly template: TemplateChoice;
    /** How many VMs are made side by side, until each is configured. */
    readonly clones: number;
    /** Missing while the hardware is not chosen. */
    readonly hardware?: Hardware;
    /** Memory that the host needs itself. */
    readonly reserveMiB: number;
    /** How many times over disk and CPU threads may be promised. */
    readonly overcommit: { readonly disk: number; readonly vcpus: number };
}

/** The way to a host by SSH, as root. */
export interface Ssh {
    readonly host: string;
    readonly port: number;
    /** The host's public key, as `type base64`; there where the hypervisor has a baseline. */
    readonly hostKey?: string;
}

/** Configuration of a hypervisor's host. */
export interface Baseline extends Omit<BaselineDefinition, "address" | "resolver" | "automation" | "storages" | "own"> {
    /** The mapping `tenant_hypervisor` of the role of that name (host/ansible/roles). */
    readonly role: Readonly<Record<string, unknown>> & {
        /** Parts of the host that the role declares. */
        readonly own: BaselineDefinition["own"];
        readonly automation: { readonly user: string };
    };
}

/** The newest template of a prefix, or one by name. */
export type TemplateChoice = { readonly prefix: string } | { readonly name: string };

/** A full clone copies a template; a linked one shares its blocks with it. */
export type CloneKind = "full" | "linked";

export interface Hardware {
    readonly memoryMiB: number;
    readonly storageGiB: number;
    readonly threads: number;
}

export interface Tenant {
    readonly name: string;
    readonly description: string;
    /** Name of the hypervisor that runs the tenant's VMs. */
    readonly hypervisor: string;
    readonly segment: Segment;
    /** DNS zone of the tenant. */
    readonly zone: string;
    /** Whether teardown is refused. */
    readonly keep: boolean;
    /** When it ends, as the file has it; missing for never. */
    readonly expires?: string;
    /** Name that the tenant had before, whose VMs it takes over; missing for none. */
    readonly formerly?: string;
    /** Destinations beyond those that every tenant reaches, in the order of the file. */
    readonly allow: readonly Allowance[];
    /** Bounds of the VMs' claims together; a key that is missing is no limit. */
    readonly quota: Quota;
    /** Backups that the file asks for, by the node's own scheduler; none where it asks for none. */
    readonly backupJobs: readonly BackupJob[];
    readonly vms: readonly WorkloadVm[];
    readonly definedAt: DefinedAt;
}

/** Memory in MiB, disk in GiB, the rest by number. */
export interface Quota {
    readonly memory?: number;
    readonly disk?: number;
    readonly vcpus?: number;
    readonly vms?: number;
}

/** One destination that a tenant's file opens. */
export interface Allowance {
    /** As the file has it: a tenant, a segment of the site, or a network. */
    readonly to: string;
    /** Its network, in CIDR form. */
    readonly cidr: string;
    readonly protocol: "tcp" | "udp" | "icmp" | "any";
    /** Destination ports, each one port or a range from:to; none: any. */
    readonly ports: readonly string[];
    readonly why: string;
    /** Place in the file's list, from 0. */
    readonly index: number;
}

/** A VLAN with its subnet. */
export interface Segment {
    readonly tenant: string;
    readonly vlan: number;
    /** False on a flat network: the VMs' NICs have no VLAN tag, and the subnet is not theirs. */
    readonly tagged: boolean;
    readonly subnet: Subnet;
    /** Addresses of the VMs' DNS and NTP servers; none on a flat network that names none. */
    readonly resolvers: readonly string[];
    readonly timeServers: readonly string[];
    /** Who may open connections into the segment from outside, in the order of the rules. */
    readonly inbound: readonly Inbound[];
    /** Whether its VMs are kept from each other, but for what is opened within. */
    readonly isolated: boolean;
    /** Ways between its VMs that the tenant's file opens, in the order of the file; none where they are not kept from each other. */
    readonly within: readonly Inbound[];
}

/** One opening into the VMs of a segment: a zone of the site's matrix, a tenant that another tenant's file allows, or its own VMs. */
export interface Inbound {
    /** Comment of the rule. */
    readonly name: string;
    /** Source, in CIDR form. */
    readonly cidr: string;
    /** The one VM that it leads to; missing: every VM of the segment. */
    readonly to?: { readonly vm: string; readonly address: string };
    /** Source ports as PVE writes them; missing: any. */
    readonly sourcePorts?: string;
    /** Missing: any protocol. */
    readonly protocol?: "tcp" | "udp" | "icmp";
    /** Destination ports as PVE writes them; missing: any. */
    readonly ports?: string;
}

export interface WorkloadVm {
    readonly tenant: string;
    readonly name: string;
    readonly description: string;
    readonly vmid: number;
    readonly cores: number;
    /** CPU type as PVE names it. */
    readonly cpuType: string;
    readonly memoryMiB: number;
    /** Memory that ballooning leaves the VM at least; 0 for no ballooning. */
    readonly balloonMiB: number;
    /** Size of the system disk, scsi0. */
    readonly diskGiB: number;
    /** PVE storage of the system disk, and of what else the template brings. */
    readonly datastore: string;
    /** Disks beside it, ordered by slot. */
    readonly extraDisks: readonly ExtraDisk[];
    /** Options that the file gives to all of them; none where it says nothing. */
    readonly diskOptions: DiskOptions;
    /** Firmware and machine that the file asks for; nothing where it is silent. Counts when the VM is made. */
    readonly firmware: FirmwareChoice;
    /** Devices of the host that it has by the node's mappings. */
    readonly devices: Devices;
    /** Whether the VM starts with the node. */
    readonly onBoot: boolean;
    /** Missing where the VM has no place in the node's start order. */
    readonly startup?: Startup;
    readonly agent: { readonly enabled: boolean; readonly wait: boolean; readonly timeoutSeconds: number };
    /** PVE's protection of the VM and its disks against removal. */
    readonly protection: boolean;
    /** Whether deleting or replacing the VM is refused. */
    readonly keep: boolean;
    /** When it ends, as the file has it; missing where its file gives it no end of its own. */
    readonly expires?: string;
    /** Whether a change that needs it restarts the VM at once. */
    readonly reboot: "never" | "when-needed";
    /** A word; a new one replaces the VM. */
    readonly rebuild?: string;
    /** Word of the rotation that the VM is rebuilt in by this run; no file has it. */
    readonly rotation?: string;
    /** Bounds of the snapshots that runs take of it before a change; missing where they take none. */
    readonly snapshot?: SnapshotRule;
    /** When a rotation takes it for healthy; missing where its file does not say. */
    readonly health?: Health;
    /** Which template the VM is cloned from, where the hypervisor's choice does not hold for it. */
    readonly template?: TemplateChoice;
    /** Whether the VM is made as a copy of its template, or shares its blocks; counts when it is made. */
    readonly clone: CloneKind;
    /** Account that cloud-init makes; missing where the template's own count. */
    readonly user?: { readonly name: string; readonly keys: readonly string[] };
    /** Lower case; of an automatic one the files know nothing: the state does (state/identities.ts). */
    readonly mac?: string;
    /** Fixed address; missing where the VM uses DHCP. */
    readonly address?: string;
    /**
     * Address that DHCP keeps for its MAC, on a VLAN: its fixed one, the one of its slot where the MAC is deterministic, or one of the
     * pool. Missing for one that an earlier release made with any address of the pool.
     */
    readonly reserved?: string;
    /** NICs beside the first, in the order of the file. */
    readonly nics: readonly FurtherNic[];
    readonly fqdn: string;
    /** Further names, each as an FQDN in the tenant's zone. */
    readonly aliases: readonly string[];
    /** PVE tags, lower case and sorted as PVE keeps them. */
    readonly tags: readonly string[];
    readonly definedAt: DefinedAt;
}

/** A disk beside the system disk. */
export interface ExtraDisk {
    /** Its PVE name, scsi1 to scsi29. */
    readonly interface: string;
    readonly sizeGiB: number;
    /** PVE storage that it lies on. */
    readonly datastore: string;
}

/** A health gate: all that is there must come true. */
export interface Health {
    /** Whether the guest agent must tell an address. */
    readonly agent: boolean;
    /** Port that must take connections. */
    readonly tcp?: number;
    /** Page that must be answered. */
    readonly http?: { readonly port: number; readonly path: string };
    /** Command that must end with 0 in the VM. */
    readonly command?: string;
    readonly timeoutSeconds: number;
}

/** A VM's place in the node's start order; delays in seconds. */
export interface Startup {
    readonly order?: number;
    readonly upDelay?: number;
    readonly downDelay?: number;
}
