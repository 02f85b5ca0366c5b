import { requirePreflight } from "../node/preflight";
import { counted } from "../report/map/words";
import { aligned } from "../report/table";
import { nameOfVm } from "../substrate/identity";
import { beyond, isOwn } from "../substrate/snapshots";
import type { Substrate } from "../substrate/substrate";
import { confirm, requireName } from "./cli/confirm";
import { defineCommand, SUBSTRATE, TENANT } from "./cli/definition";
import { Refusal } from "./cli/errors";
import { answer, tell, width } from "./cli/terminal";
import { pruneAll, snapshotsIn, type WithSnapshots } from "./shared/snapshots";
import { loadOne } from "./shared/substrates";

const OPTIONS = {
    prune: { says: "remove those that runs took and that are beyond their bounds; others' stay" },
    yes: { says: "say the tenant's name, or the substrate's, without being asked", value: "name", kind: "text" },
} as const;

export const command = defineCommand({
    name: "snapshots",
    group: "look",
    summary: "list the VMs' snapshots: those that runs took, and others'",
    details:
        "Lists the snapshots of the tenants' VMs on their nodes, the oldest first, and says which a run took before a change. PVE tells no " +
        "size of them. With --prune it removes those that runs took and that are older or more than the file's `snapshotKeep`, and all of " +
        "them where a file has no `snapshot` any more. It never removes one of somebody else's. `tenants rollback` goes back to one (docs/snapshots.md).",
    arguments: [SUBSTRATE, { ...TENANT, says: "its VMs alone", optional: true }],
    options: OPTIONS,
    output: "snapshots",
    needs: [],
    writes: true,
    example: "tenants snapshots dvntm grooveiq",
    exits: { 1: "the node cannot be asked, or a snapshot could not be removed" },
    async run({ args, options }) {
        const substrate = loadOne(args["substrate"]!);
        const tenant = args["tenant"];
        requireName(tenant ?? substrate.name, options.yes);
        if (substrate.status === "planned") {
            throw new Refusal(`${substrate.name} is only planned: it has no node that could have snapshots`);
        }
        await requirePreflight(substrate);
        const all = await snapshotsIn(substrate, (vm) => vm.tenant === (tenant ?? vm.tenant));
        const rows = rowsOf(all);
        const removed = options.prune ? await prune(substrate, all, tenant ?? substrate.name, options.yes) : [];
        const stays = rows.filter(({ tenant: of, vm, name }) => !removed.includes(`${of}/${vm} ${name}`));
        answer({ substrate: substrate.name, snapshots: stays, removed }, () => textOf(substrate, stays));
    },
});

async function prune(
    substrate: Substrate,
    all: readonly WithSnapshots[],
    name: string,
    yes: string | undefined,
): Promise<string[]> {
    const now = new Date();
    const going = all.flatMap(({ vm, snapshots }) =>
        beyond(snapshots, vm.snapshot, now).map((one) => `${nameOfVm(vm)} ${one.name}`),
    );
    if (going.length === 0) {
        tell("nothing to remove: every snapshot that a run took is within its bounds");
        return [];
    }
    going.forEach((one) => tell(`this goes: ${one}`));
    await confirm(`${going.length} of them: they go.`, name, yes);
    return pruneAll(substrate, all, now);
}

/** A snapshot as it is told. */
interface Row {
    readonly tenant: string;
    readonly vm: string;
    readonly vmid: number;
    readonly hypervisor: string;
    readonly name: string;
    readonly at: string;
    /** Whether a run took it. */
    readonly own: boolean;
    readonly withMemory: boolean;
    readonly parent?: string;
    readonly state?: string;
    readonly description: string;
}

function rowsOf(all: readonly WithSnapshots[]): Row[] {
    return all.flatMap(({ vm, hypervisor, snapshots }) =>
        snapshots.map((one) => ({
            ...{ tenant: vm.tenant, vm: vm.name, vmid: vm.vmid, hypervisor: hypervisor.name },
            ...{ ...one, at: one.at.toISOString(), own: isOwn(one) },
        })),
    );
}

const COLUMNS = ["VM", "VMID", "taken", "name", "whose", "description"];

function textOf({ name }: Substrate, rows: readonly Row[]): string {
    if (rows.length === 0) {
        return `${name}: no snapshots`;
    }
    const tenants = [...new Set(rows.map(({ tenant }) => tenant))];
    const groups = tenants.map((tenant) => [tenant, rows.filter((row) => row.tenant === tenant).map(cellsOf)] as const);
    return `${name}: ${counted(rows.length, "snapshot")}\n${aligned(COLUMNS, groups, width())}`;
}

function cellsOf({ vm, vmid, at, name, own, state, withMemory, description }: Row): string[] {
    const whose = [own ? "a run's" : "others'", ...(withMemory ? ["with memory"] : []), ...(state ? [state] : [])];
    return [vm, `${vmid}`, at.replace("T", " ").replace(/\.\d+Z$/, " UTC"), name, whose.join(", "), description];
}
