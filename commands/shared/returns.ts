import { newestOf, readBackups, settingsIn, type Backup } from "../../node/backups";
import type { NodeClient } from "../../node/client";
import { guardsIn } from "../../node/guards";
import { runs } from "../../node/guestState";
import type { Guest, Pool, Settings } from "../../node/inventory";
import { readInventory, readSettings } from "../../node/read";
import { disksWithout, type Return } from "../../node/restore";
import { marksOf } from "../../substrate/guestOwnership";
import type { Hypervisor, Tenant, WorkloadVm } from "../../substrate/substrate";
import { TOKEN, USER } from "../../substrate/role";
import { nameOfVm } from "../../substrate/identity";

/** VMs that somebody wants back. */
export interface Wanted {
    readonly tenant: Tenant;
    readonly hypervisor: Hypervisor;
    readonly vms: readonly WorkloadVm[];
    /** The VM whose backup is taken for the one that is wanted; missing: its own. */
    readonly source?: WorkloadVm;
    /** The latest time that a backup may have been begun; missing: any. */
    readonly until?: Date;
    /** Whether a VM that is there may be replaced. */
    readonly replace: boolean;
    /** VMIDs that the state has. */
    readonly known: ReadonlySet<number>;
}

/** A VM that comes back, and the backup that it comes from. */
export interface Chosen extends Return {
    readonly at: Date;
    /** Disks of the VM that the backup has not; undefined where the token may not look into it. */
    readonly without: readonly string[] | undefined;
}

/** Backups that were chosen, or why nothing can come back. */
export interface Choice {
    readonly chosen: readonly Chosen[];
    readonly reasons: readonly string[];
}

/**
 * Chooses a backup for each VM that is wanted, and looks for whatever speaks against it, before anything is touched.
 *
 * @throws NodeError where the node cannot be asked.
 */
export async function choose(client: NodeClient, wanted: Wanted): Promise<Choice> {
    const { tenant, hypervisor, vms, source, until } = wanted;
    const pools = await client.get<Pool[]>("/pools");
    if (!pools.some(({ poolid }) => poolid === tenant.name)) {
        const reason = `${tenant.name} is not on node ${hypervisor.node}: bring it up first; then --replace puts the backup in the place of the new VM`;
        return { chosen: [], reasons: [reason] };
    }
    const [{ backups, partly }, { guests }] = await Promise.all([
        readBackups(client, hypervisor),
        readInventory(client, hypervisor),
    ]);
    const each = await Promise.all(
        vms.map(async (vm) => {
            const guest = guests.get(vm.vmid);
            const settings = guest && (await readSettings(client, hypervisor.node, vm.vmid));
            const backup = newestOf(backups, (source ?? vm).vmid, until);
            const archive = backup && (await settingsIn(client, hypervisor.node, backup.volid));
            const chosen = chosenFor(wanted, vm, backup, guest && { guest, settings: settings ?? {} });
            return "reasons" in chosen ? chosen : { ...chosen, without: archive && disksWithout(vm, archive) };
        }),
    );
    const reasons = each.flatMap((one) => ("reasons" in one ? one.reasons : []));
    const unseen = each.some((one) => "missing" in one && one.missing) ? partlySeen(hypervisor.name, partly) : [];
    return { chosen: each.filter((one) => "volid" in one), reasons: [...reasons, ...unseen] };
}

/** A VM with the backup that it comes back from, or why it cannot. */
function chosenFor(
    wanted: Wanted,
    vm: WorkloadVm,
    backup: Backup | undefined,
    there: { readonly guest: Guest; readonly settings: Settings } | undefined,
): Omit<Chosen, "without"> | { readonly reasons: readonly string[]; readonly missing: boolean } {
    const { source, until } = wanted;
    const against = there === undefined ? [] : againstReplacing(wanted, vm, there.guest, there.settings);
    if (backup === undefined || against.length > 0) {
        const missing = backup === undefined;
        const all = [...against, ...(missing ? [noBackup(source ?? vm, until)] : [])];
        return { reasons: all.map((reason) => `${nameOfVm(vm)}: ${reason}`), missing };
    }
    const copied = source !== undefined;
    const inPlaceOf = there && { settings: there.settings, running: runs(there.guest) };
    const marked = copied || !wanted.known.has(vm.vmid);
    return { vm, volid: backup.volid, at: backup.at, copied, marked, ...(inPlaceOf && { inPlaceOf }) };
}

/** Reasons why a VM that is there is not replaced. */
function againstReplacing({ replace }: Wanted, vm: WorkloadVm, guest: Guest, settings: Settings): string[] {
    const there = `VM ${vm.vmid} is on its node`;
    if (!marksOf(guest, vm.tenant).includes("pool")) {
        return [`${there} and not in the pool ${vm.tenant}: it may be somebody else's, and stays`];
    }
    if (!replace) {
        return [`${there}: --replace puts the backup in its place, and all that is on its disks is lost`];
    }
    const kept = vm.keep ? [`${there} and is kept (keep: true): set keep: false, and tenants up first`] : [];
    return [...kept, ...guardsIn(vm.vmid, settings)];
}

function noBackup({ name, vmid }: WorkloadVm, until: Date | undefined): string {
    const when = until === undefined ? "" : ` that was begun by ${until.toISOString()}`;
    return `no storage of its node has a backup of VM ${vmid} ${name}${when}; \`tenants backups\` lists those that there are`;
}

/** Advice about backups that the token does not see: lines for the storages of a hypervisor, none where it sees all. */
export function partlySeen(hypervisor: string, partly: readonly string[]): string[] {
    return partly.map(
        (storage) =>
            `${hypervisor}: on storage ${storage} the token does not see backups of VMs that are gone. As root on the node, for as long as it is to: ` +
            `pveum role add DeevnetRestore --privs Datastore.Allocate; ` +
            `pveum acl modify /storage/${storage} --roles DeevnetRestore --users ${USER} --tokens '${TOKEN}'; ` +
            "the same with --delete 1 takes it away",
    );
}
