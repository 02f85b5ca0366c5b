// Generated from schemas/ by `make types`: change the schema, not this file.

export type DnsLabel = string;

/**
 * One tenant of a substrate: a VLAN with its subnet, and the workload VMs on it. One file per tenant, tenants/<substrate>/<name>.yaml.
 */
export interface TenantDefinition {
    /**
     * Name of the tenant: a DNS label, equal to the file's name. It is the PVE pool, a tag on every VM and the tenant's DNS zone.
     */
    name: string;
    /**
     * Purpose of the tenant, in one line; shown on the pool.
     */
    description: string;
    /**
     * VLAN of the tenant's segment, unique on the substrate: one of those that the network plan gives to tenants, 50 to 59 unless the stack file says others. The plan gives its subnet, too.
     */
    vlan: number;
    /**
     * Hypervisor that runs the tenant's VMs. Needed only where the substrate has more than one: nothing migrates by itself.
     */
    hypervisor?: string;
    /**
     * Account that cloud-init makes on every VM of the tenant, with the tenant's own keys. Left out: the accounts that the template has. The site's automation key is on a VM only if it stands here.
     */
    user?: {
        /**
         * Login name.
         */
        name: string;
        /**
         * Public SSH keys that may log in, as in authorized_keys.
         *
         * @minItems 1
         */
        keys: string[];
    };
    /**
     * How the tenant's VMs are made of their template: full or linked, as in the stack file. Left out: as the hypervisor's `clone` says. Counts when a VM is made.
     */
    clone?: "full" | "linked";
    /**
     * Refuse to tear the tenant down: no VM of it is deleted or replaced, nor its pool. To lift it, set false and bring the substrate up.
     */
    keep: boolean;
    /**
     * When the tenant ends: a day, at whose end it is over (in the substrate's `timeZone`), or an age since it was made, such as 7d. Nothing goes by itself: `tenants reap` takes away what is over, and no `up` makes it again.
     */
    expires?: string;
    health?: HealthDefinition;
    /**
     * before-change: the run takes a snapshot of a VM before a change that restarts it, to which `tenants rollback` goes back; before a rebuild, which deletes a VM with its snapshots, it backs the VM up. A VM may say otherwise. Left out: never.
     */
    snapshot?: "before-change" | "never";
    snapshotKeep?: SnapshotKeepDefinition;
    /**
     * Keep the tenant's VMs from each other: each reaches the router and what the file allows, and no other VM of the tenant but those that `allow` names. false: they reach each other with everything.
     */
    isolate: boolean;
    /**
     * Name that this tenant had before: its VMs stay and become this tenant's, with their data. Without it a file that claims another tenant's VLAN is refused. Take it out again once the substrate was brought up. Not where coreRouter.mode is api: there the old tenant is torn down first.
     */
    formerly?: string;
    /**
     * Bounds of the tenant's VMs together, all of them counted, running or not. A key that is left out is not limited.
     */
    quota?: {
        /**
         * Memory of all VMs.
         */
        memory?: string;
        /**
         * Disks of all VMs.
         */
        disk?: string;
        /**
         * CPU cores of all VMs.
         */
        vcpus?: number;
        /**
         * Number of VMs.
         */
        vms?: number;
    };
    backup?: BackupDefinition;
    /**
     * Ways beyond those that every tenant has: each entry opens one way, to one destination. Everything else between tenants, and between the VMs of one with `isolate`, stays denied.
     *
     * @maxItems 40
     */
    allow: AllowanceDefinition[];
    /**
     * The tenant's workload VMs.
     *
     * @minItems 1
     * @maxItems 99
     */
    vms: VmDefinition[];
}
/**
 * When `tenants rotate` takes a VM of the tenant for healthy again, where the VM does not say so itself.
 */
export interface HealthDefinition {
    /**
     * Wait until the guest agent tells an address. The token needs what `agent.wait` needs.
     */
    agent: boolean;
    /**
     * Port that the VM takes connections at, asked from where `tenants` runs.
     */
    tcp?: number;
    /**
     * Page that is answered with a status of 200 to 399, asked from where `tenants` runs.
     */
    http?: {
        /**
         * Port.
         */
        port: number;
        /**
         * Path, with its query.
         */
        path: string;
    };
    /**
     * Command that ends with 0 in the VM, run over SSH as `user.name` of the tenant's file, else as whom ssh chooses.
     */
    command?: string;
    /**
     * Seconds from when the VM runs until all of it must be true.
     */
    timeout: number;
}
/**
 * Which of the snapshots that runs took stay; those of others are never removed.
 */
export interface SnapshotKeepDefinition {
    /**
     * How many of the newest stay.
     */
    last: number;
    /**
     * How old one becomes: hours, days or weeks.
     */
    age: string;
}
/**
 * Backups by a job of the node's own scheduler: a tenant's for all of its VMs, but for those that have a `backup` of their own. Needs Sys.Modify on / and Datastore.Allocate on the storage (PVE's rules), which `tenants role` then adds.
 */
export interface BackupDefinition {
    /**
     * When, as a calendar event of PVE's: days, date and time, by the node's clock. A backup that was missed, since the node was off, is made up for.
     */
    schedule: string;
    /**
     * Backups that stay of each VM; PVE removes the others after each new one. Protected ones stay at any rate.
     */
    keep: {
        /**
         * So many of the newest.
         */
        last?: number;
        /**
         * The newest of so many hours.
         */
        hourly?: number;
        /**
         * The newest of so many days.
         */
        daily?: number;
        /**
         * The newest of so many weeks.
         */
        weekly?: number;
        /**
         * The newest of so many months.
         */
        monthly?: number;
        /**
         * The newest of so many years.
         */
        yearly?: number;
    };
    /**
     * PVE storage of the backups, which must take them. Left out: the hypervisor's `backup`.
     */
    storage?: string;
    /**
     * snapshot: the VM runs on meanwhile; suspend: it is held for most of it; stop: it is shut down and started again.
     */
    mode: "snapshot" | "suspend" | "stop";
}
/**
 * One destination that the tenant's VMs may reach.
 */
export interface AllowanceDefinition {
    /**
     * A tenant of the same substrate, a segment of the site (`network.segments` of the stack file, as iot_backend), a network in CIDR form, or, with `isolate`, a VM of this tenant whose address is known (`address: fixed`). Every tenant reaches the segments of `network.reach`, as platform, and the internet anyway.
     */
    to: string;
    /**
     * Protocol; any is all of them.
     */
    protocol: "tcp" | "udp" | "icmp" | "any";
    /**
     * Destination ports of tcp or udp: one, a range from:to, or several with commas, 15 numbers at most. Left out: every port.
     */
    ports?: string;
    /**
     * Purpose, in one line; the rules on both sides carry it.
     */
    why: string;
}
/**
 * One workload VM: a clone of a template of the hypervisor.
 */
export interface VmDefinition {
    /**
     * Name of the VM in PVE and in DNS: a label, unique in the tenant.
     */
    name: string;
    /**
     * 1 to 99 (less than network.vmids.step), unique in the tenant and never reused for another VM: the VMID derives from it (vlan x 100 + instance, unless the stack file has another rule), never from the order in this file.
     */
    instance: number;
    /**
     * Purpose of the VM, in one line; shown in PVE's notes.
     */
    description: string;
    /**
     * CPU cores.
     */
    cores: number;
    /**
     * CPU type that the VM sees, as PVE names it. host gives all that the hypervisor's CPU can do.
     */
    cpu: string;
    /**
     * Memory.
     */
    memory: string;
    /**
     * Memory that the VM keeps when the hypervisor is short of it: the ballooning driver gives back what is above. Left out: no ballooning.
     */
    balloon?: string;
    /**
     * System disk. No smaller than the template's, and it only grows.
     */
    disk: string;
    /**
     * Further disks. One that is taken out of this list is detached and stays on the VM as an unused disk.
     */
    disks: ExtraDiskDefinition[];
    /**
     * PVE storage of the VM's disks: the hypervisor's `datastore`, or one of its `datastores`. Left out: the hypervisor's `datastore`. Another one moves the disks of a VM that is off, or that `reboot: when-needed` lets the run shut down.
     */
    datastore?: string;
    /**
     * Firmware that the VM boots by. Left out: the template's. uefi beside a template of BIOS gives the VM an EFI disk of its own, on its datastore; the image must boot by both. Counts when the VM is made.
     */
    firmware?: "bios" | "uefi";
    /**
     * Whether an EFI disk of the VM's own has Microsoft's and the distributions' keys enrolled, with which Secure Boot is on. Only with firmware: uefi. Left out: as the template's EFI disk, else false. Counts when the VM is made.
     */
    secureBoot?: boolean;
    /**
     * Whether the VM has a TPM 2.0, whose state lies on its datastore. Left out: as the template. Counts when the VM is made.
     */
    tpm?: boolean;
    /**
     * Machine type as PVE names it: q35, or one with its version. Left out: the template's. Counts when the VM is made.
     */
    machine?: string;
    /**
     * Devices of the host, by the mappings of the node's datacentre (Datacenter, Resource Mappings): PCI devices become hostpci0, hostpci1 and so on in the order of this list, USB devices usb0 and so on. Needs Mapping.Use on each mapping (PVE's rule), which `tenants role` then adds. A PCI device counts from the VM's next start.
     *
     * @maxItems 8
     */
    devices: DeviceDefinition[];
    /**
     * Options of all of the VM's disks. One that is left out is as the template has it when the VM is made, else PVE's default. All but backup count from the VM's next start, which no run makes for them.
     */
    diskOptions?: {
        /**
         * Give blocks that the guest frees back to the storage, as a thin pool needs it.
         */
        discard?: boolean;
        /**
         * Show the guest an SSD.
         */
        ssd?: boolean;
        /**
         * Give each disk a thread of its own.
         */
        iothread?: boolean;
        /**
         * Cache of the host, as PVE names it.
         */
        cache?: "none" | "directsync" | "writethrough" | "writeback" | "unsafe";
        /**
         * Take the disks into vzdump's backups.
         */
        backup?: boolean;
    };
    /**
     * Start the VM with the node. Only such VMs count against the hypervisor's memory.
     */
    onBoot: boolean;
    /**
     * When the VM starts and stops with the node. Needs Sys.Modify on / (PVE's rule), which `tenants role` then adds.
     */
    startup?: {
        /**
         * VMs with a lower number start first and stop last. Left out: after those that have one.
         */
        order?: number;
        /**
         * Seconds until the next VM starts.
         */
        upDelay?: number;
        /**
         * Seconds that the VM has to shut down.
         */
        downDelay?: number;
    };
    backup?: BackupDefinition;
    /**
     * The QEMU guest agent, which PVE asks for clean shutdowns. An address is never waited for unless asked.
     */
    agent: {
        /**
         * Whether the VM has the agent; the template must have it then.
         */
        enabled: boolean;
        /**
         * Wait for the agent to report an address when the VM starts and at each refresh.
         */
        wait: boolean;
        /**
         * Seconds that a run waits for the agent at most.
         */
        timeout: number;
    };
    /**
     * PVE's own protection: nobody can remove the VM or its disks, by hand or by teardown, until this is false again.
     */
    protection: boolean;
    /**
     * Refuse to delete or replace this VM. To lift it, set false and bring the substrate up.
     */
    keep: boolean;
    /**
     * When this VM ends, as for a tenant; of both the earlier counts.
     */
    expires?: string;
    health?: HealthDefinition1;
    /**
     * Whether the run takes a snapshot of the VM before a change that restarts it, in place of what the tenant says.
     */
    snapshot?: "before-change" | "never";
    snapshotKeep?: SnapshotKeepDefinition1;
    /**
     * never: a change that counts only after a restart is written and reported, and waits for one. when-needed: the VM is shut down and started at once for it.
     */
    reboot: "never" | "when-needed";
    /**
     * Any new word replaces this VM, and no other, by a fresh clone of the template: its disks are lost, its VMID, MAC, address and names stay.
     */
    rebuild?: string;
    /**
     * Name of the template to clone, instead of the hypervisor's choice. Counts when the VM is made.
     */
    template?: string;
    /**
     * How the VM is made of its template: full copies all of it, linked shares its blocks. Left out: as the tenant's `clone` says, else the hypervisor's. Counts when the VM is made.
     */
    clone?: "full" | "linked";
    /**
     * Further PVE tags; `tenant` and the tenant's name are always there. Capitals become small, as PVE makes them.
     */
    tags: string[];
    /**
     * dhcp: an address of the tenant's pool. fixed: the one that the network plan has for the instance, through cloud-init: .9 + instance of the tenant's subnet, for instances 1 to 40, unless the stack file says another range. Or an address of the tenant's subnet outside of the pool.
     */
    address: string;
    /**
     * NICs beside the first, net1 and so on, in this order. The VM needs an `address` of its own then: PVE filters the sources of all of its NICs, or of none.
     *
     * @maxItems 7
     */
    networkInterfaces: NetworkInterfaceDefinition[];
    /**
     * Further DNS names of the VM in the tenant's zone: services that stay when the VM moves.
     */
    aliases: DnsLabel[];
}
/**
 * One disk beside the system disk.
 */
export interface ExtraDiskDefinition {
    /**
     * 1 to 29, unique on the VM: the disk is scsi{slot}, whatever its place in this list.
     */
    slot: number;
    /**
     * Size. It only grows.
     */
    size: string;
    /**
     * PVE storage that the disk lies on, where it is another one than the VM's.
     */
    datastore?: string;
}
/**
 * One device of the host: a PCI or a USB device, by its mapping.
 */
export interface DeviceDefinition {
    /**
     * Name of a PCI mapping of the node. Of several devices in one mapping the VM gets one that is free when it starts.
     */
    pci?: string;
    /**
     * Put a PCI device on the VM's PCI Express bus, which the machine type q35 has.
     */
    pcie: boolean;
    /**
     * Show a PCI device's ROM to the guest.
     */
    rombar: boolean;
    /**
     * Make a PCI device the VM's primary GPU (PVE's x-vga), in place of the emulated one.
     */
    primary: boolean;
    /**
     * Name of a USB mapping of the node, in place of pci.
     */
    usb?: string;
}
/**
 * When `tenants rotate` takes the VM for healthy again, in place of what the tenant says.
 */
export interface HealthDefinition1 {
    /**
     * Wait until the guest agent tells an address. The token needs what `agent.wait` needs.
     */
    agent: boolean;
    /**
     * Port that the VM takes connections at, asked from where `tenants` runs.
     */
    tcp?: number;
    /**
     * Page that is answered with a status of 200 to 399, asked from where `tenants` runs.
     */
    http?: {
        /**
         * Port.
         */
        port: number;
        /**
         * Path, with its query.
         */
        path: string;
    };
    /**
     * Command that ends with 0 in the VM, run over SSH as `user.name` of the tenant's file, else as whom ssh chooses.
     */
    command?: string;
    /**
     * Seconds from when the VM runs until all of it must be true.
     */
    timeout: number;
}
/**
 * Which of them stay on this VM, in place of what the tenant says.
 */
export interface SnapshotKeepDefinition1 {
    /**
     * How many of the newest stay.
     */
    last: number;
    /**
     * How old one becomes: hours, days or weeks.
     */
    age: string;
}
/**
 * One NIC beside the first.
 */
export interface NetworkInterfaceDefinition {
    /**
     * A segment of the site that the stack file opens for the tenant (`network.opened`). Left out: the tenant's own.
     */
    segment?: string;
    /**
     * Address of the NIC, through cloud-init: of an opened segment one of the hosts that `network.opened` says, of the tenant's own one outside of the pool. No other NIC has it.
     */
    address: string;
}

export type Address = string;

/**
 * One substrate: the keys under config: in Pulumi.<substrate>.yaml, without their prefix tenant-hypervisors:.
 */
export interface SubstrateDefinition {
    /**
     * Number of the site, unique in the project: {site} in the network plan and in deterministic MACs.
     */
    site: number;
    /**
     * active, or planned while the hardware is not chosen or not installed: a planned substrate can be previewed but not brought up.
     */
    status: "active" | "planned";
    /**
     * DNS root zone. Names are {vm}.{tenant}.{substrate}.{domain}.
     */
    domain: string;
    /**
     * MAC of a VM's NIC: automatic (drawn at random from the range of PVE before the VM is made, then kept) or deterministic (02:de:{site}:{vlan}:00:{instance}, the same after a rebuild). Switching changes NICs in place, never a VM.
     */
    macPolicy: "automatic" | "deterministic";
    /**
     * Time zone in which a day of `expires` ends, by its name in the IANA database.
     */
    timeZone: string;
    network: NetworkDefinition;
    /**
     * The substrate's tenant hypervisors by name. Each is a standalone PVE node: no cluster, no HA, local storage only.
     */
    hypervisors: {
        [k: string]: HypervisorDefinition;
    };
    coreRouter: CoreRouterDefinition;
}
/**
 * The site's network plan: the VLANs and subnets that tenants may have, and the site's own segments. Without it, that of the deevnet sites.
 */
export interface NetworkDefinition {
    /**
     * VLANs that tenants may have: numbers and ranges.
     */
    vlans: string;
    /**
     * Rule for a segment's subnet, /20 to /28. {site} and {vlan} stand for their numbers, {vlan-100} and {vlan+10} for the VLAN less or more a number.
     */
    subnet: string;
    /**
     * Subnets by VLAN, for those that the rule does not hold for.
     */
    subnets: {
        [k: string]: string;
    };
    /**
     * Which host of a subnet the router is: 1 is the first.
     */
    gateway: number;
    /**
     * Hosts of a tenant's subnet that DHCP gives out: the first and the last.
     */
    pool: string;
    /**
     * Hosts of a tenant's subnet that are fixed addresses: instance 1 has the first.
     */
    fixed: string;
    /**
     * DNS servers of tenants. Without it the router.
     *
     * @minItems 1
     * @maxItems 3
     */
    resolvers?: Address[];
    /**
     * NTP servers of tenants. Without it the router.
     *
     * @minItems 1
     * @maxItems 3
     */
    timeServers?: Address[];
    /**
     * Rule for VMIDs: from + VLAN x step + instance.
     */
    vmids: {
        /**
         * Number that all VMIDs begin above.
         */
        from: number;
        /**
         * How many VMIDs a VLAN has: instances stay below it.
         */
        step: number;
    };
    /**
     * The site's own segments that every tenant reaches, with every protocol; the internet is always one.
     */
    reach: string[];
    /**
     * The site's own segments by name, which no tenant may have.
     */
    segments: {
        [k: string]: SegmentDefinition;
    };
    /**
     * Segments of the site in which tenants' VMs may have further NICs. Without an entry, none.
     */
    opened: OpenedDefinition[];
}
/**
 * One of the site's own segments.
 */
export interface SegmentDefinition {
    /**
     * VLAN of the segment. Without it, it has none, and needs a subnet.
     */
    vlan?: number;
    /**
     * Subnet of the segment. Without it, what the plan's rule says of its VLAN.
     */
    subnet?: string;
    /**
     * Whether the router has it without a tag, on the NIC that carries the VLANs.
     */
    untagged: boolean;
    /**
     * Hosts that DHCP gives out. Without it, addresses are static.
     */
    pool?: string;
    /**
     * Ending of the wireless network's name behind the substrate's. Without it, there is none.
     */
    ssid?: string;
    /**
     * Destinations of its connections: other segments, tenants, internet. What reaches tenants is let into every VM.
     */
    reaches: string[];
}
/**
 * One segment of the site that is opened for tenants.
 */
export interface OpenedDefinition {
    /**
     * Name of the segment, in `segments`. It has a VLAN, and does not reach tenants.
     */
    segment: string;
    /**
     * Tenants whose VMs may have NICs in it.
     *
     * @minItems 1
     */
    to: string[];
    /**
     * Hosts of its subnet that those NICs may be: no machine of the site's has one of them.
     */
    hosts: string;
}
/**
 * One tenant hypervisor.
 */
export interface HypervisorDefinition {
    /**
     * PVE node name, which is the host's own name.
     */
    node: string;
    /**
     * URL of the PVE API, by DNS name.
     */
    endpoint: string;
    /**
     * How the host is reached by SSH for its baseline, as root.
     */
    ssh: {
        /**
         * DNS name of the host.
         */
        host: string;
        /**
         * Port of its SSH server.
         */
        port: number;
        /**
         * The host's public key, as /etc/ssh/ssh_host_ed25519_key.pub on the host has it: read at its console, not over the network. Needed for a baseline; a host with another key is refused.
         */
        hostKey?: string;
    };
    /**
     * VLAN-aware bridge that carries the tenants' segments.
     */
    bridge: string;
    /**
     * PVE storage for the VMs' disks and cloud-init drives.
     */
    datastore: string;
    /**
     * Further PVE storages of the node that disks of VMs may lie on, with their sizes in the unit that the vendor prints: a VM's `datastore`, or that of one of its disks, names one. What is promised of each counts against its own size, times overcommit.disk.
     */
    datastores: {
        [k: string]: string;
    };
    /**
     * PVE storage that `tenants teardown --backup` writes backups to. The token then needs VM.Backup, and Datastore.AllocateSpace there (`tenants role`).
     */
    backup?: string;
    /**
     * Read the node's task log, from which `tenants drift` says since when and by whom, and the options of its own firewall, which drift compares and each run looks at. The token then needs Sys.Audit on the node (`tenants role`).
     */
    taskLog: boolean;
    /**
     * Tags of other tools, such as a backup's or a monitor's, that stay on the VMs: each a tag, or the beginning of some and an asterisk. Any other tag that no file declares is taken off.
     */
    keepTags: string[];
    /**
     * Which template new VMs are cloned from: the newest of a prefix, or one by name.
     */
    template: {
        /**
         * The newest template whose name is this and a version of numbers is taken: 44-1.10 is newer than 44-1.9, and 44-1.10-test is none. Of one version the one that was made last counts. The image factory's for tenants are fedora-tenant-; its fedora-server- carry the automation account with sudo.
         */
        prefix?: string;
        /**
         * This very template.
         */
        name?: string;
    };
    /**
     * How VMs are made of their template, where neither tenant nor VM says otherwise. full: all of it is copied. linked: in seconds, and only what a VM writes takes space; the storage must have linked clones, the template lies on `datastore`, and it stays while a clone of it lives. Counts when a VM is made.
     */
    clone: "full" | "linked";
    /**
     * How many VMs are made side by side, until each is configured. PVE locks the template while it copies, and disks are slow: with three, two copy while one is configured.
     */
    clones: number;
    /**
     * Hardware of the host. May be missing only while the substrate is planned.
     */
    hardware?: {
        /**
         * Memory of the host.
         */
        memory: string;
        /**
         * Size of the storage `datastore`, in the unit that the vendor prints.
         */
        storage: string;
        /**
         * CPU threads of the host.
         */
        threads: number;
    };
    /**
     * Memory that the host itself needs and no VM gets.
     */
    reserve: string;
    /**
     * How much may be promised of what the host has: 1 is all of it once. Memory is never overcommitted.
     */
    overcommit: {
        /**
         * Disks promised over the thin pool's size.
         */
        disk: number;
        /**
         * vCPUs promised over CPU threads.
         */
        vcpus: number;
    };
    baseline?: BaselineDefinition;
}
/**
 * Configuration of the host itself, over SSH with Ansible. Without it nothing on the host is touched. It creates or fails, and removes nothing; destroy leaves the host as it is.
 */
export interface BaselineDefinition {
    /**
     * Management address of the host, for its hosts file.
     */
    address: string;
    /**
     * DNS resolver of the host. Without it, the gateway of the segment that the plan has untagged.
     */
    resolver?: string;
    /**
     * Account for automation: it logs in by key alone, with these keys and no others, and may do all by sudo.
     */
    automation: {
        /**
         * Name of the account.
         */
        user: string;
        /**
         * Public keys of it, one entry each.
         *
         * @minItems 1
         */
        keys: string[];
    };
    /**
     * Where the host gets packages: the public repositories, or mirrors in the site where the host has no way to the internet.
     */
    packages: {
        /**
         * Debian's packages.
         */
        mirror: string;
        /**
         * Debian's security updates.
         */
        security: string;
        /**
         * PVE's packages of the repository that needs no subscription.
         */
        proxmox: string;
    };
    /**
     * PVE storages of the host. One that is missing is made, on a volume group or folder that is there; one that is there and differs is an error.
     */
    storages: StorageDefinition[];
    /**
     * Ansible collections that the host gets for the playbook, with those that they depend on: the host itself fetches nothing.
     */
    collections: CollectionDefinition[];
    /**
     * Playbook of a collection that runs after the program's own: its plays match the group hypervisors.
     */
    playbook?: string;
    /**
     * Parts of the host that the program's own role declares; one that is left out is a collection's. automation: the account for automation; access: the roles of the program's token.
     */
    own: ("automation" | "access" | "hosts" | "resolver" | "sources" | "bridge" | "storages")[];
    /**
     * Folder of the site's Ansible inventory, relative to the project or absolute: its groups, host_vars and group_vars count for the host of the hypervisor's name, and no other host is touched. Vaulted files stay here.
     */
    inventory?: string;
    /**
     * Tags of that playbook to run; without them, all of it.
     */
    tags: string[];
    /**
     * Variables of that playbook. Secret ones go into the encrypted configuration, as the JSON text baseline:variables.
     */
    variables: {
        [k: string]: unknown;
    };
    /**
     * A word; a new one runs the baseline once more, as after a reinstallation of the host.
     */
    revision?: string;
    /**
     * Seconds that a run waits for the host's SSH server, such as while it boots.
     */
    wait: number;
    /**
     * Seconds that Ansible may take on the host.
     */
    timeout: number;
}
/**
 * One PVE storage.
 */
export interface StorageDefinition {
    /**
     * PVE storage id.
     */
    id: string;
    /**
     * PVE's type of it; local ones alone.
     */
    type: "dir" | "lvm" | "lvmthin";
    /**
     * Kinds of content, in PVE's words.
     *
     * @minItems 1
     */
    content: ("backup" | "images" | "import" | "iso" | "rootdir" | "snippets" | "vztmpl")[];
    /**
     * Volume group, for lvm and lvmthin.
     */
    vgname?: string;
    /**
     * Thin pool, for lvmthin.
     */
    thinpool?: string;
    /**
     * Folder, for dir.
     */
    path?: string;
}
/**
 * Where one Ansible collection comes from.
 */
export interface CollectionDefinition {
    /**
     * A folder with galaxy.yml or an archive (.tar.gz) that ansible-galaxy built, relative to the project or absolute; the URL of a git repository; or, with a version, a name of Galaxy, which ansible-galaxy fetches once onto this machine.
     */
    source: string;
    /**
     * Tag or commit of a git repository, or version of a collection of Galaxy: an exact one, since a branch moves.
     */
    version?: string;
}
/**
 * The substrate's core router (OPNsense), and who writes what the tenants need there. Changing the mode moves no VM.
 */
export interface CoreRouterDefinition {
    /**
     * api: the stack writes the tenants' VLANs, DHCP scopes, names and rules to the router. export: the stack changes nothing there, and `tenants router-vars` writes the variables for the site's own collection. none: a flat network without VLANs, so the VMs are untagged on the bridge and nothing keeps tenants apart.
     */
    mode: "api" | "export" | "none";
    /**
     * URL of the router, by DNS name. Needed for api; for export, what drift is read from.
     */
    endpoint?: string;
    /**
     * NIC of the router that carries the tenants' VLANs.
     */
    vlanParent: string;
    collection?: CollectionDefinition1;
}
/**
 * Where one Ansible collection comes from.
 */
export interface CollectionDefinition1 {
    /**
     * A folder with galaxy.yml or an archive (.tar.gz) that ansible-galaxy built, relative to the project or absolute; the URL of a git repository; or, with a version, a name of Galaxy, which ansible-galaxy fetches once onto this machine.
     */
    source: string;
    /**
     * Tag or commit of a git repository, or version of a collection of Galaxy: an exact one, since a branch moves.
     */
    version?: string;
}

/**
 * The variables of the site's deevnet.net collection that say what is on the core router. Ansible replaces each of them whole. Keys that are not named here are kept as they are.
 */
export interface RouterVariables {
    /**
     * Every segment of the site by its zone key.
     */
    deevnet_vlans: {
        [k: string]: ZoneVariables;
    };
    /**
     * NIC of the router that carries the VLANs.
     */
    opnsense_vlan_parent?: string;
    /**
     * Policies between zones; all else is denied.
     */
    firewall_zone_policies: ZonePolicy[];
    /**
     * Keys of the zones that reach the internet.
     */
    firewall_internet_zones: string[];
    /**
     * Zone that the site's names are written in.
     */
    dns_domain?: string;
    [k: string]: unknown;
}
/**
 * One segment.
 */
export interface ZoneVariables {
    /**
     * VLAN.
     */
    vlan_id: number;
    /**
     * Subnet in CIDR form; a segment without one is not routed.
     */
    subnet?: string;
    /**
     * Address of the router in it.
     */
    gateway?: string;
    /**
     * First address of the DHCP pool.
     */
    dhcp_range_start?: string;
    /**
     * Last address of the DHCP pool.
     */
    dhcp_range_end?: string;
    /**
     * Whether there is DHCP.
     */
    dhcp_enabled?: boolean;
    /**
     * Wireless network of the segment.
     */
    wifi_ssid?: string;
    [k: string]: unknown;
}
/**
 * Policy from one zone to another.
 */
export interface ZonePolicy {
    /**
     * Key of the zone that opens connections.
     */
    from_zone: string;
    /**
     * Key of the zone that they lead to.
     */
    to_zone: string;
    /**
     * pass, where it is left out.
     */
    action?: string;
    /**
     * Name of the rule.
     */
    name?: string;
    /**
     * Protocol as OPNsense writes it.
     */
    protocol?: string;
    /**
     * Part of the zone that it is for.
     */
    source_net?: string;
    /**
     * Part of the other zone that it leads to.
     */
    destination_net?: string;
    [k: string]: unknown;
}

/**
 * Outputs of a substrate, as `pulumi stack output --json` prints them. Keys are added, never renamed or taken away, without a line in the changelog that says so.
 */
export interface StackOutputs {
    /**
     * Every VM of every tenant, ordered by VMID.
     */
    vms: VmOutput[];
    /**
     * The segment of every tenant, ordered by VLAN.
     */
    segments: SegmentOutput[];
    /**
     * Facts of each host that has a baseline, as it said them when it was last configured, by the hypervisor's name.
     */
    hosts: {
        [k: string]: HostOutput;
    };
    /**
     * When each tenant and VM was made whose file has `expires` with an age, by the tenant's name or the VM's VMID; kept after it was reaped, as long as the file is there. Missing where no file has one.
     */
    made?: {
        /**
         * Time in ISO 8601 and UTC.
         */
        [k: string]: string;
    };
}
/**
 * One VM of the stack's outputs.
 */
export interface VmOutput {
    /**
     * Name of the tenant.
     */
    tenant: string;
    /**
     * Name of the VM in its tenant, as in the tenant's file.
     */
    name: string;
    /**
     * VMID on the node.
     */
    vmid: number;
    /**
     * MAC of the NIC, lower case.
     */
    mac: string;
    /**
     * VLAN of the tenant's segment.
     */
    vlan: number;
    /**
     * Subnet of the segment, in CIDR form.
     */
    subnet: string;
    /**
     * Fixed address of the VM. Missing where it has one by DHCP.
     */
    address?: string;
    /**
     * Address that DHCP keeps for the VM, and its name resolves to. Missing for a fixed one, on a flat network, and for a VM that an earlier release made.
     */
    reserved?: string;
    /**
     * NICs beside the first, in their order. Missing for none.
     */
    nics?: NicOutput[];
    /**
     * Full name of the VM, {vm}.{tenant}.{substrate}.{domain}.
     */
    fqdn: string;
    /**
     * Further full names of the VM.
     */
    aliases: string[];
}
/**
 * One NIC beside a VM's first.
 */
export interface NicOutput {
    /**
     * PVE's name of it, such as net1.
     */
    interface: string;
    /**
     * Segment of the site that it is in. Missing for the tenant's own.
     */
    segment?: string;
    /**
     * MAC, lower case.
     */
    mac: string;
    /**
     * VLAN of the segment.
     */
    vlan: number;
    /**
     * Subnet of the segment, in CIDR form.
     */
    subnet: string;
    /**
     * Address of the NIC.
     */
    address: string;
}
/**
 * One segment of the stack's outputs.
 */
export interface SegmentOutput {
    /**
     * Name of the tenant.
     */
    tenant: string;
    /**
     * The segment's VLAN.
     */
    vlan: number;
    /**
     * The segment's subnet, in CIDR form.
     */
    subnet: string;
    /**
     * Address of the core router in the segment.
     */
    gateway: string;
    /**
     * First and last address of the DHCP pool, as first-last.
     */
    dhcpPool: string;
    /**
     * DNS zone of the tenant.
     */
    zone: string;
}
/**
 * Facts that a host said of itself.
 */
export interface HostOutput {
    /**
     * Name of the host.
     */
    hostname: string;
    /**
     * ID and version of the system, as `debian 12`.
     */
    system: string;
    /**
     * PVE's version.
     */
    pve: string;
    /**
     * Whether the host is a member of a cluster.
     */
    clustered: boolean;
    /**
     * Memory, in MiB.
     */
    memoryMiB: number;
    /**
     * CPU threads.
     */
    threads: number;
    /**
     * CPU flag of hardware virtualisation: vmx (Intel's VT-x), svm (AMD's), or empty.
     */
    virtualisation: string;
    /**
     * Size of all fixed disks together, in GiB.
     */
    disksGiB: number;
    /**
     * Status of the datastore in PVE's words.
     */
    datastore: string;
    /**
     * Whether the bridge is there.
     */
    bridge: boolean;
    /**
     * Speed of the fastest NIC of the bridge, in Mbit/s.
     */
    nicMbit: number;
}
