import type { Subnet } from "./identity";

/**
 * The resolved model: plain, frozen values that components declare resources from. Everything that can be computed
 * without a server stands here; nothing in it is a Pulumi type.
 */
export interface Substrate {
    /** Name of the substrate and of its stack, as dvntm. */
    readonly name: string;
    readonly site: number;
    readonly status: "active" | "planned";
    readonly hypervisors: readonly Hypervisor[];
    readonly tenants: readonly Tenant[];
    /** What an up still needs, one entry per thing; empty for a substrate that can be brought up. */
    readonly missing: readonly string[];
}

/** One standalone PVE node of a substrate. */
export interface Hypervisor {
    readonly name: string;
    /** PVE node name. */
    readonly node: string;
    /** URL of the PVE API. */
    readonly endpoint: string;
    readonly sshHost: string;
    readonly bridge: string;
    /** PVE storage of disks and cloud-init drives. */
    readonly datastore: string;
    readonly templatePrefix: string;
    /** Missing while the hardware is not chosen. */
    readonly hardware?: Hardware;
}

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
    readonly vms: readonly WorkloadVm[];
}

/** A VLAN with its subnet. */
export interface Segment {
    readonly tenant: string;
    readonly vlan: number;
    readonly subnet: Subnet;
    /** Subnets outside the segment that may open connections into it, by the lab's zone matrix. */
    readonly reachableFrom: readonly Zone[];
}

/** One of the site's own segments, as far as a tenant's firewall has to know it. */
export interface Zone {
    readonly name: string;
    readonly cidr: string;
}

export interface WorkloadVm {
    readonly tenant: string;
    readonly name: string;
    readonly description: string;
    readonly vmid: number;
    readonly cores: number;
    readonly memoryMiB: number;
    readonly diskGiB: number;
    readonly fqdn: string;
    /** Further names, each as an FQDN in the tenant's zone. */
    readonly aliases: readonly string[];
    /** PVE tags, lower case and sorted as PVE keeps them. */
    readonly tags: readonly string[];
}
