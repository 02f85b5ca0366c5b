import { claimOf, formatAmount } from "../../substrate/capacity";
import type { DriftRow } from "../row";
import type { FurtherNic } from "../../substrate/furtherNics";
import type { Segment, WorkloadVm } from "../../substrate/substrate";
import type { MapContent } from "./content";

/** How much there is, as `1 hypervisor, 2 tenants, 5 VMs`. */
export function summary({ hypervisors, tenants }: MapContent): string {
    const vms = tenants.reduce((sum, { tenant }) => sum + tenant.vms.length, 0);
    return [counted(hypervisors.length, "hypervisor"), counted(tenants.length, "tenant"), counted(vms, "VM")].join(
        ", ",
    );
}

/** Drift, in one line. */
export function driftVerdict({ told }: MapContent): string {
    if (told === undefined) {
        return "Drift: not looked at.";
    }
    const { drift, untold } = told;
    const found =
        drift.length === 0 ? "No drift" : `Drift: ${counted(drift.length, "difference")} from the tenants' files`;
    const gaps = untold.map(({ source, reason }) => `${source} could not be read: ${reason}`);
    return [found, ...gaps].join("; ") + ".";
}

/** A row of drift as one sentence. */
export function driftText({ where, what, declared, found, since, who }: DriftRow): string {
    const by = [since === undefined ? "" : ` since ${since}`, who === undefined ? "" : ` by ${who}`].join("");
    return `${what}: declared ${declared}, is ${found} (${where})${by}`;
}

/** A VM's size: vCPUs, memory and disks together. */
export function sizeText(vm: WorkloadVm): string {
    return [
        formatAmount(vm.cores, "vcpus"),
        formatAmount(vm.memoryMiB, "memory"),
        formatAmount(claimOf(vm, "disk"), "disk"),
    ].join(" · ");
}

/** A VM's address, or that it is leased one, and those of its further NICs. */
export function addressText({ address, nics }: WorkloadVm): string {
    return [address ?? "DHCP", ...nics.map((nic) => nic.address)].join(" · ");
}

/** A NIC beside the first: its place and its MAC. */
export function nicText({ interface: name, segment, vlan, cidr, address, mac }: FurtherNic): string {
    return `${name}: ${address} in ${segment ?? "the own segment"}, VLAN ${vlan} · ${cidr}${mac === undefined ? "" : `, ${mac}`}`;
}

/** A segment: its VLAN and subnet, or that it is a flat network. */
export function segmentText({ vlan, tagged, subnet }: Segment): string {
    return tagged ? `VLAN ${vlan} · ${subnet.cidr}` : "untagged, on a flat network";
}

/** `1 VM`, `2 VMs`. */
export function counted(count: number, noun: string): string {
    return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
