import * as proxmoxve from "@muhlba91/pulumi-proxmoxve";
import * as pulumi from "@pulumi/pulumi";
import { descriptionOf } from "../substrate/description";
import { prefixOf } from "../substrate/plan";
import type { Segment, WorkloadVm } from "../substrate/substrate";
import type { ConnectedHypervisor } from "./hypervisor";
import type { TenantNetwork } from "./tenantNetwork";
import { SHUTDOWN_SECONDS } from "./underWay";
import { declareFirewall } from "./vmFirewall";
import { nameOfVm } from "../substrate/identity";

export interface TenantVmArgs {
    readonly vm: WorkloadVm;
    readonly segment: Segment;
    readonly hypervisor: ConnectedHypervisor;
    /** The tenant's network, whose pool the VM joins, and which is there before it boots. */
    readonly network: TenantNetwork;
    /** DNS zone of the tenant, the VM's search domain. */
    readonly zone: string;
    /** Names that the component had. */
    readonly former: readonly { readonly name: string }[];
}

/**
 * A VM that is held back runs after the run, which its state does not hear of; and whoever starts it meanwhile is not to find it
 * stopped. With `started` the provider takes the addresses for changed (CustomizeDiff of vm.go in bpg v0.111.1).
 */
const STARTED = ["started", "ipv4Addresses", "ipv6Addresses", "networkInterfaceNames"];

/**
 * An EFI disk and a TPM of a VM that is there: the provider writes a change as a new, empty one (vmUpdate of vm.go in bpg
 * v0.111.1), and boot entries and keys would be lost.
 */
const KEYS_OF_A_VM = ["efiDisk", "tpmState"] as const;

/** The provider's word for a NIC without a VLAN; left out, it would keep the one that it has. */
const UNTAGGED = 0;

/**
 * One workload VM: a clone of a template, full or linked, on the tenant's VLAN, with the size that the definition says. The template
 * counts at creation only: a rebuilt one changes no VM. A new word in `rebuild` replaces the VM: it is deleted first,
 * since its VMID, MAC and address stay.
 *
 * No VM runs without its firewall: the provider only makes a new one, and the run starts it once the firewall stands
 * (ConnectedHypervisor.startBehind). A run that fails in between leaves it stopped.
 *
 * Values that differ from the provider's defaults are all declared, since a default left undeclared shows as a change
 * in every preview.
 */
export class TenantVm extends pulumi.ComponentResource {
    readonly vmid: pulumi.Output<number>;
    /** MAC of the VM's NIC, lower case. */
    readonly mac: pulumi.Output<string>;
    /** MACs of its further NICs, in their order. */
    readonly nicMacs: pulumi.Output<string[]>;

    constructor(name: string, args: TenantVmArgs, opts?: pulumi.ComponentResourceOptions) {
        super("deevnet:tenant:TenantVm", name, {}, opts);

        const history = args.hypervisor.historyOf(args.vm);
        const word = [history.rebuild, history.rotation ?? ""].join(" ").trim();
        const vm = new proxmoxve.VmLegacy(
            `${name}-vm`,
            {
                ...identity(args),
                ...template(args),
                ...hardware(args),
                ...firmware(args),
                ...devices(args),
                ...firstBoot(args),
                ...lifecycle(args),
            },
            { ...optionsOf(args, word), parent: this },
        );
        args.hypervisor.done(args.vm, this, vm);
        const walls = declareFirewall(name, {
            ...{ vm: this, machine: vm, node: args.hypervisor.model.node, segment: args.segment },
            workload: args.vm,
            ...{ onlyAddress: onlyAddress(args), incarnation: `${history.generation} ${word}`.trim() },
            ...{ former: args.former, formerParent: args.network },
        });

        this.vmid = vm.vmId;
        this.mac = vm.networkDevices.apply((devices) => devices?.[0]?.macAddress?.toLowerCase() ?? "");
        if (args.hypervisor.heldBack(args.vm)) {
            args.hypervisor.startBehind(args.vm, vm, walls);
        }
        this.nicMacs = nicMacsOf(vm, args.vm);
        const further = args.vm.nics.length > 0 && { nicMacs: this.nicMacs };
        this.registerOutputs({ vmid: this.vmid, mac: this.mac, ...further, ...history });
    }
}

/** @param word a new one replaces the VM. */
function optionsOf(args: TenantVmArgs, word: string): pulumi.CustomResourceOptions {
    const hooks = args.hypervisor.hooksOf(args.vm);
    return {
        ignoreChanges: notDeclared(args),
        deleteBeforeReplace: true,
        replacementTrigger: word,
        dependsOn: [...args.network.beforeVms, ...[args.hypervisor.baseline ?? []].flat()],
        // The engine hands a component's own aliases on only in the run that finds it by one: one that breaks off in
        // between would leave the VM with its former name.
        aliases: args.former.map((had) => ({ name: `${had.name}-vm` })),
        // Not the component: its firewall would be protected too, and Pulumi refuses to make anew what is.
        protect: args.vm.keep,
        ...(hooks && { hooks }),
    };
}

function nicMacsOf(machine: proxmoxve.VmLegacy, { nics }: WorkloadVm): pulumi.Output<string[]> {
    return machine.networkDevices.apply((devices) =>
        nics.map((_, index) => devices?.[index + 1]?.macAddress?.toLowerCase() ?? ""),
    );
}

/**
 * Properties that no definition can say, and no preview should show: the template, which counts at creation only, and the disks'
 * speed limits, for which the provider makes up a default that it never reads back.
 */
function notDeclared({ vm, hypervisor }: TenantVmArgs): string[] {
    const speeds = [0, ...vm.extraDisks.keys()].map((_, index) => `disks[${index}].speed`);
    if (!hypervisor.firmwareOf(vm).made) {
        speeds.push(...KEYS_OF_A_VM.filter((name) => name in firmware({ vm, hypervisor })));
    }
    if (hypervisor.heldBack(vm)) {
        return ["clone", ...STARTED, ...speeds];
    }
    if (!hypervisor.growsFirst(vm)) {
        return ["clone", ...speeds];
    }
    void pulumi.log.warn(
        `${nameOfVm(vm)}: its disk grows in this run; its other changes need a restart, and come with the next up. ` +
            "With reboot: when-needed both come at once.",
    );
    return ["clone", ...speeds, "cpu", "memory", "agent", "initialization", "hostpcis", "usbs"];
}

/** The fixed address, once the VM runs with it: until then PVE's filter would cut the VM off. */
function onlyAddress({ vm, hypervisor }: TenantVmArgs): string | undefined {
    if (!hypervisor.filterWaits(vm)) {
        return vm.address;
    }
    void pulumi.log.warn(
        `${nameOfVm(vm)}: it runs with the address that it had, so PVE lets it send from any; restart it ` +
            `(qm reboot ${vm.vmid}), and the next up limits it to ${vm.address}.`,
    );
    return undefined;
}

function identity({ vm, hypervisor, network }: TenantVmArgs) {
    return {
        nodeName: hypervisor.model.node,
        vmId: vm.vmid,
        name: vm.name,
        poolId: network.poolId,
        description: descriptionOf(vm),
        tags: hypervisor.tagsOf(vm),
        onBoot: vm.onBoot,
        ...(vm.startup && { startup: vm.startup }),
    };
}

function template({ vm, hypervisor }: TenantVmArgs) {
    return {
        clone: {
            vmId: hypervisor.templateFor(vm),
            // A linked clone stays on the storage of its template, and PVE refuses it with a storage (PVE/API2/Qemu.pm:4362).
            ...(vm.clone === "full" ? { full: true, datastoreId: vm.datastore } : { full: false }),
            // Clones of one template lock each other out; PVE's lock times out after 10 s. The provider takes "already
            // exists" on a second try for success, so it is the check before the run that keeps it off others' VMs.
            retries: 5,
        },
        operatingSystem: { type: hypervisor.ostypeOf(vm) },
        scsiHardware: "virtio-scsi-single",
    };
}

function hardware({ vm, segment, hypervisor }: TenantVmArgs) {
    const { bridge } = hypervisor.model;
    const first = { vlan: segment.tagged ? segment.vlan : UNTAGGED, ...(vm.mac !== undefined && { mac: vm.mac }) };
    const extra = hypervisor.extraDisksOf(vm);
    const optionsOf = hypervisor.diskOptionsOf(vm);
    const disk = (name: string, size: number, datastoreId: string) => {
        const { discard, ...options } = optionsOf(name);
        const words = discard === undefined ? {} : { discard: discard ? "on" : "ignore" };
        return { interface: name, datastoreId, size, ...options, ...words };
    };
    return {
        cpu: { cores: vm.cores, sockets: 1, type: vm.cpuType },
        memory: { dedicated: vm.memoryMiB, floating: vm.balloonMiB },
        disks: [
            disk("scsi0", vm.diskGiB, vm.datastore),
            ...extra.map((one) => disk(one.interface, one.sizeGiB, one.datastore)),
        ],
        // Left undeclared, the provider attaches the host's own CD drive, which PVE lets only Sys.Console on / do.
        cdrom: { interface: "ide3", fileId: "none" },
        // PVE's number of a NIC is its place in this list (GetNetworkDeviceObjects of network.go in bpg v0.111.1).
        networkDevices: [first, ...vm.nics].map((nic, index) => {
            const mac = hypervisor.macOf(vm, nic, index);
            return { bridge, vlanId: nic.vlan, model: "virtio", firewall: true, ...(mac && { macAddress: mac }) };
        }),
    };
}

/** Firmware and machine that the VM has beside its template's; of an EFI disk PVE has the larger size for all that is new. */
function firmware({ vm, hypervisor }: Pick<TenantVmArgs, "vm" | "hypervisor">) {
    const { bios, machine, efiDisk, tpmState } = hypervisor.firmwareOf(vm);
    return {
        ...(bios && { bios }),
        ...(machine && { machine }),
        ...(efiDisk && {
            efiDisk: { datastoreId: efiDisk.datastore, type: "4m", fileFormat: "raw", preEnrolledKeys: efiDisk.keys },
        }),
        ...(tpmState && { tpmState: { datastoreId: tpmState.datastore, version: "v2.0" } }),
    };
}

/** Devices of the host by their mappings; nothing where there are none, so that one that somebody gives by hand is drift. */
function devices({ vm: { devices } }: Pick<TenantVmArgs, "vm">) {
    return {
        ...(devices.pci.length > 0 && {
            hostpcis: devices.pci.map(({ key, mapping, pcie, rombar, primary }) => ({
                ...{ device: key, mapping, pcie, rombar, xvga: primary },
            })),
        }),
        ...(devices.usb.length > 0 && { usbs: devices.usb.map(({ mapping }) => ({ mapping, usb3: false })) }),
    };
}

/**
 * PVE would give a VM without a DHCP lease the node's own resolver, which a tenant's rules keep from it. The segment's
 * stands in each VM's configuration, also where DHCP tells the same: the provider never takes a resolver out again.
 */
function firstBoot({ vm, segment, hypervisor, zone }: TenantVmArgs) {
    const servers = [...segment.resolvers];
    const fixed = { address: `${vm.address}/${prefixOf(segment.subnet.cidr)}`, gateway: segment.subnet.gateway };
    // Left undeclared, the gateway of a fixed address that the VM had would stay.
    const byDhcp = { address: "dhcp", gateway: "" };
    return {
        initialization: {
            datastoreId: hypervisor.model.datastore,
            interface: "ide2",
            ipConfigs: hypervisor.withoutLeft(vm, [
                { ipv4: vm.address === undefined ? byDhcp : fixed },
                // The way out is by the first NIC alone.
                ...vm.nics.map(({ address, cidr }) => ({ ipv4: { address: `${address}/${prefixOf(cidr)}` } })),
            ]),
            dns: { domain: zone, servers },
            ...(vm.user && { userAccount: { username: vm.user.name, keys: [...vm.user.keys] } }),
            // An upgrade at first boot once broke the site's networking: packages are the image factory's work.
            upgrade: false,
        },
    };
}

/**
 * The agent is for clean shutdowns; a run waits for an address from it only where the definition asks for it, and never
 * longer than it says. A VM is stopped rather than asked to shut down when its tenant goes away; its backup jobs'
 * references and disks go with it.
 */
function lifecycle({ vm, hypervisor }: TenantVmArgs) {
    const { enabled, wait, timeoutSeconds } = vm.agent;
    return {
        agent: { enabled, timeout: `${timeoutSeconds}s`, waitForIp: wait ? { ipv4: true } : { disabled: true } },
        protection: vm.protection,
        started: !hypervisor.heldBack(vm),
        rebootAfterUpdate: vm.reboot === "when-needed",
        // No other VM is ever asked to shut down: one that goes away is stopped.
        ...(vm.reboot === "when-needed" && { timeoutShutdownVm: SHUTDOWN_SECONDS, timeoutReboot: SHUTDOWN_SECONDS }),
        stopOnDestroy: true,
        purgeOnDestroy: true,
        deleteUnreferencedDisksOnDestroy: true,
    };
}
