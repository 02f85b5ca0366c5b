import type { Holdings, RouterHoldings, VmHolding } from "../state/holdings";
import { cidrOf } from "../substrate/plan";
import type { Substrate } from "../substrate/substrate";

/** Lines of a tenant's holdings, one for each thing, as `node pve2: VM 5101 web-vm01 (scsi0 32GiB)`. */
export function linesOf(
    { plan, coreRouter }: Pick<Substrate, "plan" | "coreRouter">,
    { vms, pool, vlans, router }: Holdings,
): string[] {
    const disks = ({ disks: all }: VmHolding) => all.map(({ name, sizeGiB }) => `${name} ${sizeGiB}GiB`).join(", ");
    return [
        ...(coreRouter.mode === "none" ? [] : vlans).map((vlan) => `VLAN ${vlan} (${cidrOf(plan, vlan)})`),
        ...vms.map((vm) => `node ${vm.node}: VM ${vm.vmid} ${vm.name} (${disks(vm) || "no disk"})`),
        ...(pool === undefined ? [] : [`node: pool ${pool}`]),
        ...(router === undefined ? [] : routerLines(router)),
    ];
}

function routerLines({ scope, reservations, names, rules, device }: RouterHoldings): string[] {
    const lines = [
        scope === undefined ? undefined : `DHCP scope ${scope} with ${counted(reservations, "reservation")}`,
        names.length === 0 ? undefined : `${counted(names.length, "name")}: ${names.join(", ")}`,
        rules === 0 ? undefined : `${counted(rules, "rule")}`,
        device === undefined ? undefined : `VLAN device of VLAN ${device}, unless it is assigned to an interface`,
    ];
    return lines.filter((line) => line !== undefined).map((line) => `router: ${line}`);
}

/** The whole in one line: `3 VMs, 3 disks, 96GiB`. */
export function sumOf({ vms }: Holdings): string {
    const disks = vms.flatMap((vm) => vm.disks);
    const size = disks.reduce((sum, { sizeGiB }) => sum + sizeGiB, 0);
    return `${counted(vms.length, "VM")}, ${counted(disks.length, "disk")}, ${Math.round(size * 1000) / 1000}GiB`;
}

function counted(count: number, what: string): string {
    return `${count} ${what}${count === 1 ? "" : "s"}`;
}
