import type { SimulatedNode } from "../../lab/simulatedNode";
import type { DriftRow } from "../../report/row";

/** Content of a row, but for the command that settles it and the time. */
export type ToldRow = Pick<DriftRow, "tenant" | "where" | "what" | "declared" | "found"> & { readonly who?: string };

/** One change by hand and the one row that tells of it. */
export interface Change {
    readonly name: string;
    readonly make: () => Promise<unknown>;
    readonly row: ToldRow;
}

const VM_NAMES: Readonly<Record<number, string>> = {
    5001: "api-vm01",
    5002: "db-vm01",
    5101: "web-vm01",
    5102: "web-vm02",
    5103: "db-vm01",
};

/** Changes by hand on the node of dvntm with its committed tenants, as root@pam; db-vm01 of grooveiq has a fixed address. */
export function nodeChanges(node: SimulatedNode): Change[] {
    const pve = "/nodes/pve2/qemu";
    /** A change of a VM's settings as PVE's own pages make most: without a task. */
    const set = (vmid: number, fields: Record<string, string>) => () =>
        node.byHand("PUT", `${pve}/${vmid}/config`, fields);
    const firewall = (method: string, vmid: number, path: string, fields?: Record<string, string>) => () =>
        node.byHand(method, `${pve}/${vmid}/firewall/${path}`, fields);
    const about = (vmid: number, what: string, declared: string, found: string, who?: string): ToldRow => {
        const tenant = vmid < 5100 ? "grooveiq" : "vintronics";
        const vm = `VM ${vmid} ${VM_NAMES[vmid]}`;
        const told = what === "" ? vm : `${vm}: ${what}`;
        return { tenant, where: "node pve2", what: told, declared, found, ...(who && { who }) };
    };
    const root = "root@pam";
    const stranger = (tenant: string, what: string, found: string) => ({
        ...{ tenant, where: "node pve2", what, declared: "none", found },
    });
    return [
        {
            name: "memory, as a task",
            make: () => node.byHand("POST", `${pve}/5001/config`, { memory: "1024" }),
            row: about(5001, "memory", "4096MiB", "1024MiB", root),
        },
        { name: "cores", make: set(5101, { cores: "4" }), row: about(5101, "cores", "2", "4") },
        {
            name: "tags",
            make: set(5103, { tags: "tenant;vintronics;urgent" }),
            row: about(5103, "tags", "tenant, vintronics", "tenant, urgent, vintronics"),
        },
        { name: "start with the node", make: set(5002, { onboot: "0" }), row: about(5002, "onBoot", "true", "false") },
        {
            name: "VLAN",
            make: set(5103, { net0: "virtio=02:DE:20:51:00:03,bridge=vmbr0,firewall=1,tag=50" }),
            row: about(5103, "net0: vlanId", "51", "50"),
        },
        {
            name: "a second NIC",
            make: set(5101, { net1: "virtio=02:00:00:00:00:01,bridge=vmbr0" }),
            row: about(5101, "net1", "none", "vmbr0 02:00:00:00:00:01 0"),
        },
        {
            name: "power",
            make: () => node.byHand("POST", `${pve}/5002/status/stop`),
            row: about(5002, "power", "running", "stopped", root),
        },
        {
            name: "VM deleted",
            make: () => node.deleteByHand(5102),
            row: about(5102, "", "there", "none", root),
        },
        {
            name: "disk grown",
            make: () => node.byHand("PUT", `${pve}/5101/resize`, { disk: "scsi0", size: "+8G" }),
            row: about(5101, "disk scsi0: size", "32GiB", "40GiB", root),
        },
        {
            name: "disk attached",
            make: set(5002, { scsi3: "local-lvm:8" }),
            row: about(5002, "disk scsi3", "none", "local-lvm:vm-5002-disk-1,size=8G"),
        },
        {
            name: "out of its pool",
            make: () => node.byHand("PUT", "/pools/vintronics", { vms: "5103", delete: "1" }),
            row: about(5103, "pool", "vintronics", "none"),
        },
        {
            name: "comment of a pool",
            make: () => node.byHand("PUT", "/pools/grooveiq", { comment: "mine" }),
            row: {
                ...{ tenant: "grooveiq", where: "node pve2", what: "pool grooveiq: comment" },
                ...{ declared: "IoT backend", found: "mine" },
            },
        },
        {
            name: "firewall rule deleted",
            make: firewall("DELETE", 5001, "rules/0"),
            row: about(5001, "firewall rule own segment", "ACCEPT in from 10.20.50.0/24 (own segment)", "none"),
        },
        {
            name: "firewall rule added",
            make: firewall("POST", 5002, "rules", { type: "in", action: "ACCEPT", source: "192.0.2.1", enable: "1" }),
            row: about(5002, "firewall rule without a comment", "none", "ACCEPT in from 192.0.2.1"),
        },
        {
            name: "firewall rule off",
            make: firewall("PUT", 5101, "rules/1", { enable: "0" }),
            row: about(
                5101,
                "firewall rule management",
                "ACCEPT in from 10.20.99.0/24 (management)",
                "ACCEPT in from 10.20.99.0/24 (management), off",
            ),
        },
        {
            name: "firewall policy",
            make: firewall("PUT", 5103, "options", { policy_in: "ACCEPT" }),
            row: about(5103, "firewall inputPolicy", "DROP", "ACCEPT"),
        },
        {
            name: "firewall option deleted, which no refresh sees",
            make: firewall("PUT", 5001, "options", { delete: "enable" }),
            row: about(5001, "firewall options", "enable 1", "none"),
        },
        {
            name: "address filter deleted",
            make: async () => {
                await firewall("DELETE", 5002, "ipset/ipfilter-net0/10.20.50.11")();
                await firewall("DELETE", 5002, "ipset/ipfilter-net0")();
            },
            row: about(5002, "address filter", "10.20.50.11", "none"),
        },
        {
            name: "a stranger with a VMID of ours",
            make: () => node.byHand("POST", `${pve}/103/clone`, { newid: "5555", name: "test", full: "1" }),
            row: stranger("", "VM 5555 test", "stopped, tags fedora, template, net0 without a tag, so in all VLANs"),
        },
        {
            name: "protection, which no refresh sees",
            make: set(5103, { protection: "1" }),
            row: about(5103, "protection", "false", "true"),
        },
        {
            name: "trunks, by which a VM stands in management",
            make: set(5101, { net0: "virtio=02:DE:20:51:00:01,bridge=vmbr0,firewall=1,tag=51,trunks=10;99" }),
            row: about(5101, "net0: trunks", "none", "10;99"),
        },
        {
            name: "a password of cloud-init's",
            make: set(5002, { cipassword: "secret" }),
            row: about(5002, "cloud-init's password", "none", "set"),
        },
        {
            name: "an ipset that filters what a VM sends",
            make: firewall("POST", 5001, "ipset", { name: "ipfilter-net0" }),
            row: about(5001, "firewall ipset ipfilter-net0", "none", "there"),
        },
        {
            name: "a container in a tenant's segment",
            make: () =>
                node.byHand("POST", "/nodes/pve2/lxc", {
                    ...{
                        vmid: "204",
                        hostname: "pihole",
                        ostemplate: "/root/debian-12.tar.zst",
                        rootfs: "local-lvm:4",
                    },
                    net0: "name=eth0,bridge=vmbr0,tag=50,ip=10.20.50.66/24",
                }),
            row: {
                ...stranger("grooveiq", "container 204 pihole", "stopped, tags none, net0 in VLAN 50 by tag"),
                who: root,
            },
        },
        {
            name: "the datacentre's firewall lets all in",
            make: () => node.byHand("PUT", "/cluster/firewall/options", { policy_in: "ACCEPT" }),
            row: { ...stranger("", "datacentre firewall: policy_in", "ACCEPT"), declared: "DROP" },
        },
        {
            name: "the node's own firewall lets packets of no connection pass",
            make: () => node.byHand("PUT", "/nodes/pve2/firewall/options", { nf_conntrack_allow_invalid: "1" }),
            row: { ...stranger("", "firewall of node pve2: nf_conntrack_allow_invalid", "1"), declared: "0" },
        },
        {
            name: "a VM paused",
            make: () => node.byHand("POST", `${pve}/5101/status/suspend`),
            row: about(5101, "state", "running", "paused", root),
        },
        {
            name: "a stranger with our tags",
            make: set(110, { tags: "grooveiq;tenant" }),
            row: stranger("grooveiq", "VM 110 homeassistant", "running, tags grooveiq, tenant"),
        },
    ];
}
