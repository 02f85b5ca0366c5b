/** Tenants whose VMs meet a fault of the node each, so that one run meets them all. */

/** A VM, what befalls it, and how a run tells of it. */
export interface VmFault {
    readonly what: string;
    readonly instance: number;
    readonly fault: Readonly<Record<string, unknown>>;
    /** Message about the VM; none where the run does not fail because of it. */
    readonly told?: RegExp;
    /** Leftovers, as the recovery tells them. */
    readonly recovered?: RegExp;
    readonly fixed?: true;
}

/** VLANs of the tenants: of the VMs, of the pool that is refused, and of the pool whose answer gets lost. */
const VMS = 52;
const REFUSED = 53;
const LOST = 54;

const vmid = (instance: number) => String(VMS * 100 + instance);
const vm = (instance: number) => `/nodes/pve2/qemu/${vmid(instance)}`;
const clone = (instance: number) => ({
    ...{ method: "POST", path: "/nodes/{node}/qemu/{vmid}/clone", body: `newid=${vmid(instance)}(&|$)` },
});
const config = (instance: number, status: number, message: string) => ({
    ...{ method: "PUT", path: `${vm(instance)}/config`, status, message },
});

/** Faults that a VM of its own meets. */
export const vmFaults: readonly VmFault[] = [
    {
        what: "a task error in the middle of a clone",
        instance: 1,
        fault: { ...clone(1), task: "clone failed: copy error: Input/output error" },
        told: /Input\/output error/,
    },
    {
        what: "a full storage",
        instance: 2,
        fault: { ...clone(2), task: "unable to create image: no space left on thin pool" },
        told: /no space left on thin pool/,
    },
    {
        what: "a lock on a VM's configuration that nobody lets go",
        instance: 3,
        fault: config(3, 500, "can't lock file '/var/lock/qemu-server/lock-5203.conf' - got timeout"),
        told: /can't lock file '\/var\/lock\/qemu-server\/lock-5203\.conf' - got timeout/,
    },
    {
        what: "one privilege that is missing",
        instance: 4,
        fault: config(4, 403, "Permission check failed (/vms/5204, VM.Config.Options)"),
        told: /Permission check failed \(\/vms\/5204, VM\.Config\.Options\)/,
    },
    {
        what: "a token that expires in the middle",
        instance: 5,
        fault: config(5, 401, "authentication failure"),
        told: /401[^]*authentication failure/,
    },
    {
        what: "a start that fails",
        instance: 6,
        fault: { method: "POST", path: `${vm(6)}/status/start`, task: "start failed: QEMU exited with code 1" },
        told: /QEMU exited with code 1/,
    },
    {
        what: "a firewall that takes no rules",
        instance: 7,
        fault: {
            ...{ method: "POST", path: `${vm(7)}/firewall/rules` },
            ...{ status: 500, message: "unable to write firewall config" },
        },
        told: /unable to write firewall config/,
    },
    {
        what: "a firewall that takes no address",
        instance: 8,
        fixed: true,
        fault: {
            ...{ method: "POST", path: `${vm(8)}/firewall/ipset/ipfilter-net0` },
            ...{ status: 500, message: "can't lock file '/var/lock/pve-firewall/5208.lck'" },
        },
        told: /can't lock file '\/var\/lock\/pve-firewall\/5208\.lck'/,
    },
    {
        what: "a connection that breaks at the answer to firewall rules",
        instance: 9,
        fault: { method: "POST", path: `${vm(9)}/firewall/rules`, lost: true, times: 1 },
        told: /error/,
        recovered: /recover: VM 5209: \d firewall rules are removed/,
    },
    {
        what: "a connection that breaks at the answer to an address filter",
        instance: 10,
        fixed: true,
        fault: { method: "POST", path: `${vm(10)}/firewall/ipset`, lost: true, times: 1 },
        told: /error/,
        recovered: /recover: VM 5210: its address filter is removed/,
    },
    {
        what: "a lock on the template that is let go after a while",
        instance: 11,
        fault: {
            ...clone(11),
            ...{ status: 500, message: "can't lock file '/var/lock/qemu-server/lock-103.conf' - got timeout" },
            times: 1,
        },
    },
];

/** Of the VMs, the one whose guest agent is waited for. */
export const WAITED = 12;

/** Faults that a tenant's pool meets, by the tenant's name. */
export const poolFaults: Readonly<Record<string, Omit<VmFault, "instance">>> = {
    refused: {
        what: "a pool that cannot be made",
        fault: {
            ...{ method: "POST", path: "/pools", body: "poolid=refused(&|$)" },
            ...{ status: 500, message: "can't lock file '/etc/pve/user.cfg'" },
        },
        told: /can't lock file '\/etc\/pve\/user\.cfg'/,
    },
    lost: {
        what: "a connection that breaks at the answer to a pool",
        fault: { method: "POST", path: "/pools", body: "poolid=lost(&|$)", lost: true, times: 1 },
        told: /error/,
        recovered: /recover: pool lost: it is empty and is removed/,
    },
};

/** The tenants' files, by name. */
export const tenantFiles: Readonly<Record<string, string>> = {
    "faulty.yaml": tenant("faulty", VMS, [
        ...vmFaults.map(({ instance, fixed }) => vmText(instance, fixed ? "    address: fixed\n" : "")),
        vmText(WAITED, "    agent: { wait: true, timeout: 3 }\n"),
    ]),
    "refused.yaml": tenant("refused", REFUSED, [vmText(1)]),
    "lost.yaml": tenant("lost", LOST, [vmText(1)]),
};

/** Every VM of the tenants. */
export const allVmids: readonly string[] = [
    ...[...vmFaults.map(({ instance }) => instance), WAITED].map(vmid),
    ...[REFUSED, LOST].map((vlan) => `${vlan}01`),
];

/** The addresses of those that have a fixed one. */
export const fixedAddresses: Readonly<Record<string, string>> = Object.fromEntries(
    vmFaults.flatMap(({ instance, fixed }) => (fixed ? [[vmid(instance), `10.20.${VMS}.${9 + instance}`]] : [])),
);

/** Name of a VM that meets a fault, as its resources begin. */
export function resourceOf(instance: number): string {
    return `faulty-vm${instance}`;
}

function vmText(instance: number, more = ""): string {
    return `  - name: vm${instance}\n    instance: ${instance}\n    memory: 512MiB\n    cores: 1\n${more}`;
}

function tenant(name: string, vlan: number, vms: readonly string[]): string {
    return `name: ${name}\nvlan: ${vlan}\nvms:\n${vms.join("")}`;
}
