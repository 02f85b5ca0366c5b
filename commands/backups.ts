import type { Backup } from "../node/backups";
import { readBackups } from "../node/backups";
import { withEachNode } from "../node/client";
import { requirePreflight } from "../node/preflight";
import { aligned } from "../report/table";
import { bytesText } from "../definitions/size";
import { slotOf } from "../substrate/plan";
import type { Substrate } from "../substrate/substrate";
import { defineCommand, SUBSTRATE, TENANT } from "./cli/definition";
import { Refusal } from "./cli/errors";
import { answer, note, width } from "./cli/terminal";
import { partlySeen } from "./shared/returns";
import { loadOne } from "./shared/substrates";

export const command = defineCommand({
    name: "backups",
    group: "look",
    summary: "list the tenants' backups: when, how large, where",
    details:
        "Lists what the hypervisors' storages have of backups of the tenants' VMs, the newest first: those of PVE's jobs, of teardown " +
        "--backup, and those made by hand. A VMID of the network plan that no file has belongs to a VM that is gone. Changes nothing. " +
        "`tenants restore` brings one back (docs/backups.md).",
    arguments: [SUBSTRATE, { ...TENANT, says: "its backups alone", optional: true }],
    options: {},
    output: "backups",
    needs: [],
    example: "tenants backups dvntm grooveiq",
    exits: { 1: "the node cannot be asked" },
    async run({ args }) {
        const substrate = loadOne(args["substrate"]!);
        if (substrate.status === "planned") {
            throw new Refusal(`${substrate.name} is only planned: it has no node that could have backups`);
        }
        await requirePreflight(substrate);
        const found = await withEachNode(substrate, async (client, hypervisor) => ({
            hypervisor: hypervisor.name,
            ...(await readBackups(client, hypervisor)),
        }));
        found.flatMap((one) => partlySeen(one.hypervisor, one.partly)).forEach(note);
        const all = found.flatMap(({ hypervisor, backups }) => backups.map((one) => ({ ...one, hypervisor })));
        const rows = rowsOf(substrate, all).filter(({ tenant }) => tenant === (args["tenant"] ?? tenant));
        answer({ substrate: substrate.name, backups: rows }, () => textOf(substrate, rows));
    },
});

/** A backup as it is told; without tenant and VM where no file has its VMID. */
interface Row {
    readonly tenant?: string;
    readonly vm?: string;
    readonly vmid: number;
    readonly at: string;
    readonly bytes: number;
    readonly hypervisor: string;
    readonly storage: string;
    readonly protected: boolean;
    readonly volid: string;
    readonly notes: string;
}

/** Backups of the tenants' VMs, and of VMIDs that only a tenant's VM has by the plan. */
function rowsOf({ tenants, plan }: Substrate, backups: readonly (Backup & { readonly hypervisor: string })[]): Row[] {
    const vms = new Map(tenants.flatMap((tenant) => tenant.vms.map((vm) => [vm.vmid, vm] as const)));
    return backups
        .filter(({ vmid }) => vms.has(vmid) || slotOf(plan, vmid) !== undefined)
        .map(({ at, ...one }) => {
            const vm = vms.get(one.vmid);
            return { ...(vm && { tenant: vm.tenant, vm: vm.name }), ...one, at: at.toISOString() };
        });
}

const COLUMNS = ["VM", "VMID", "begun", "size", "where", "", "notes"];
const NO_FILE = "in no file";

function textOf({ name }: Substrate, rows: readonly Row[]): string {
    if (rows.length === 0) {
        return `${name}: no backups`;
    }
    const tenants = [...new Set(rows.map(({ tenant = NO_FILE }) => tenant))].sort();
    const groups = tenants.map((tenant) => {
        const own = rows.filter((row) => (row.tenant ?? NO_FILE) === tenant);
        return [tenant, own.sort(byVm).map(cellsOf)] as const;
    });
    return `${name}: ${rows.length} backup${rows.length === 1 ? "" : "s"}\n${aligned(COLUMNS, groups, width())}`;
}

/** By VM, and of one the newest first, as they come. */
function byVm(one: Row, other: Row): number {
    return one.vmid - other.vmid;
}

function cellsOf({ vm = "-", vmid, at, bytes, hypervisor, storage, protected: kept, notes }: Row): string[] {
    const when = at.replace("T", " ").replace(/\.\d+Z$/, " UTC");
    return [vm, `${vmid}`, when, bytesText(bytes), `${hypervisor} ${storage}`, kept ? "protected" : "", notes];
}
