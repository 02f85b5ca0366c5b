import * as proxmoxve from "@muhlba91/pulumi-proxmoxve";
import * as pulumi from "@pulumi/pulumi";
import type { Segment, WorkloadVm } from "../model/substrate";
import type { ConnectedHypervisor } from "./hypervisor";

export interface TenantVmArgs {
    readonly vm: WorkloadVm;
    readonly segment: Segment;
    readonly hypervisor: ConnectedHypervisor;
    /** PVE pool that the VM joins. */
    readonly poolId: pulumi.Input<string>;
    /** DNS zone of the tenant, the VM's search domain. */
    readonly zone: string;
}

/**
 * What no definition can say, and no preview should show: the template, which counts at creation only, and the disks'
 * speed limits, for which the provider makes up a default that it never reads back.
 */
const notDeclared = ["clone", "disks[0].speed"];

/**
 * One workload VM: a full clone of the hypervisor's template on the tenant's VLAN, with the size that the definition
 * says. The template counts at creation only: a rebuilt one changes no VM.
 *
 * Values that differ from the provider's defaults are all declared, since a default left undeclared shows as a change
 * in every preview.
 */
export class TenantVm extends pulumi.ComponentResource {
    readonly vmid: pulumi.Output<number>;
    /** MAC of the VM's NIC, lower case. */
    readonly mac: pulumi.Output<string>;

    constructor(name: string, args: TenantVmArgs, opts?: pulumi.ComponentResourceOptions) {
        super("deevnet:tenant:TenantVm", name, {}, opts);

        const vm = new proxmoxve.VmLegacy(
            `${name}-vm`,
            { ...identity(args), ...template(args), ...hardware(args), ...firstBoot(args), ...lifecycle },
            { ignoreChanges: notDeclared, parent: this },
        );

        this.vmid = vm.vmId;
        this.mac = vm.networkDevices.apply((devices) => devices?.[0]?.macAddress?.toLowerCase() ?? "");
        this.registerOutputs({ vmid: this.vmid, mac: this.mac });
    }
}

function identity({ vm, hypervisor, poolId }: TenantVmArgs) {
    const purpose = vm.description === "" ? "" : `${vm.description}\n\n`;
    return {
        nodeName: hypervisor.model.node,
        vmId: vm.vmid,
        name: vm.name,
        poolId,
        description: `${purpose}${vm.fqdn}, declared in tenant ${vm.tenant}: changes by hand are undone.`,
        tags: [...vm.tags],
        onBoot: vm.onBoot,
    };
}

function template({ hypervisor }: TenantVmArgs) {
    return {
        clone: {
            vmId: hypervisor.templateVmid,
            full: true,
            datastoreId: hypervisor.model.datastore,
            // Clones of one template lock each other out; PVE's lock times out after 10 s.
            retries: 5,
        },
        operatingSystem: { type: "l26" },
        scsiHardware: "virtio-scsi-single",
    };
}

function hardware({ vm, segment, hypervisor }: TenantVmArgs) {
    return {
        cpu: { cores: vm.cores, sockets: 1, type: "host" },
        memory: { dedicated: vm.memoryMiB },
        disks: [{ interface: "scsi0", datastoreId: hypervisor.model.datastore, size: vm.diskGiB }],
        // Left undeclared, the provider attaches the host's own CD drive, which PVE lets only Sys.Console on / do.
        cdrom: { interface: "ide3", fileId: "none" },
        networkDevices: [
            {
                bridge: hypervisor.model.bridge,
                vlanId: segment.vlan,
                model: "virtio",
                firewall: true,
                ...(vm.mac && { macAddress: vm.mac }),
            },
        ],
    };
}

function firstBoot({ vm, segment, hypervisor, zone }: TenantVmArgs) {
    const fixed = { address: `${vm.address}/24`, gateway: segment.subnet.gateway };
    return {
        initialization: {
            datastoreId: hypervisor.model.datastore,
            interface: "ide2",
            ipConfigs: [{ ipv4: vm.address === undefined ? { address: "dhcp" } : fixed }],
            dns: { domain: zone, servers: [] },
            // An upgrade at first boot once broke the lab's networking: packages are the image factory's work.
            upgrade: false,
        },
    };
}

/**
 * The agent is enabled for clean shutdowns, but no run waits for an address from it. A VM is stopped rather than asked
 * to shut down when its tenant goes away, and never restarted by an update.
 */
const lifecycle = {
    agent: { enabled: true, timeout: "60s", waitForIp: { disabled: true } },
    started: true,
    rebootAfterUpdate: false,
    stopOnDestroy: true,
    purgeOnDestroy: true,
    deleteUnreferencedDisksOnDestroy: true,
};
