import type { NicOutput, StackOutputs, VmOutput } from "../substrate/outputs";
import { aligned } from "./table";

const COLUMNS = ["VM", "VMID", "VLAN", "address", "MAC", "name (aliases)"];

/**
 * The VMs of a stack's outputs as a short table by tenant, under a line that counts them.
 *
 * @param width columns of the terminal that it is to fit.
 */
export function outputsTable(substrate: string, { vms, segments }: StackOutputs, width = Infinity): string {
    const groups = segments.map(({ tenant, zone }) => {
        const own = vms.filter((vm) => vm.tenant === tenant);
        return [tenant, own.flatMap((vm) => [cellsOf(vm, zone), ...(vm.nics ?? []).map(nicCells)])] as const;
    });
    const count = (number: number, noun: string) => `${number} ${noun}${number === 1 ? "" : "s"}`;
    const title = `${substrate}: ${count(segments.length, "tenant")}, ${count(vms.length, "VM")}`;
    return vms.length === 0 ? title : `${title}\n${aligned(COLUMNS, groups, width)}`;
}

function cellsOf(
    { name, vmid, vlan, reserved = "dhcp", address = reserved, mac, fqdn, aliases }: VmOutput,
    zone: string,
): string[] {
    const short = aliases.map((alias) => alias.slice(0, -(zone.length + 1)));
    return [name, `${vmid}`, `${vlan}`, address, mac, short.length === 0 ? fqdn : `${fqdn} (${short.join(", ")})`];
}

/** A further NIC, under its VM. */
function nicCells({ interface: name, segment, vlan, address, mac }: NicOutput): string[] {
    return [` ${name}`, "", `${vlan}`, address, mac, segment ?? ""];
}
