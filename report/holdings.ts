import { bytesText } from "../definitions/size";
import type { Holdings, RouterHoldings, VmHolding } from "../state/holdings";
import { cidrOf } from "../substrate/plan";
import type { Substrate } from "../substrate/substrate";

/** Lines of a tenant's holdings, one for each thing, as `node pve2: VM 5101 web-vm01 (scsi0 32GiB)`. */
export function linesOf(
    { plan, coreRouter }: Pick<Substrate, "plan" | "coreRouter">,
    { vms, pool, jobs, vlans, router }: Holdings,
): string[] {
    return [
        ...(coreRouter.mode === "none" ? [] : vlans).map((vlan) => `VLAN ${vlan} (${cidrOf(plan, vlan)})`),
        ...vms.map((vm) => `node ${vm.node}: VM ${vm.vmid} ${vm.name} (${partsOf(vm)})`),
        ...(pool === undefined ? [] : [`node: pool ${pool}`]),
        ...jobs.map(({ id, schedule }) => `node: backup job ${id} (${schedule})`),
        ...(router === undefined ? [] : routerLines(router)),
    ];
}

function partsOf({ disks, othersSnapshots: others = [] }: VmHolding): string {
    const told = disks.map(({ name, sizeGiB }) => `${name} ${sizeGiB}GiB`).join(", ") || "no disk";
    return others.length === 0
        ? told
        : `${told}; ${counted(others.length, "snapshot")} that no run took: ${others.join(", ")}`;
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

/** Backups that stay when a tenant goes, in one line; undefined where there are none. */
export function backupsLine({ tenant, backups }: Pick<Holdings, "tenant" | "backups">): string | undefined {
    return backups === undefined
        ? undefined
        : `stays: ${counted(backups.count, "backup")} of ${tenant} on ${backups.storages.join(", ")} (${bytesText(backups.bytes)}); ` +
              "`tenants backups` lists them, and PVE removes them where somebody does";
}

function counted(count: number, what: string): string {
    return `${count} ${what}${count === 1 ? "" : "s"}`;
}
