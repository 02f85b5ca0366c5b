import { UNKNOWN_TEMPLATE } from "../node/standing";
import { VM, vmidOf, type Deployment } from "../state/deployment";
import { holdingsOf } from "../state/holdings";
import { broughtIn, historyOf, recordedOf, type Brought } from "../state/recorded";
import { restoreVm } from "../node/restore";
import { withNodes } from "../node/client";
import { suggestion } from "../definitions/suggest";
import { slotOf } from "../substrate/plan";
import { hypervisorOf } from "../substrate/owners";
import type { Substrate, Tenant, WorkloadVm } from "../substrate/substrate";
import { confirm, requireName } from "./cli/confirm";
import { defineCommand, SUBSTRATE, type Request } from "./cli/definition";
import { Refusal, shown, UsageError } from "./cli/errors";
import { exitOfPulumi } from "./cli/exit";
import { answer, note, tell } from "./cli/terminal";
import { bringUpReturned } from "./shared/bringUp";
import { choose, type Chosen, type Wanted } from "./shared/returns";
import { prepareChange } from "./shared/stack";
import { loadOne } from "./shared/substrates";
import { nameOfVm } from "../substrate/identity";

const OPTIONS = {
    at: {
        says: "the newest backup that was begun by then, not the newest: 2026-11-28, 2026-11-28T02:30Z",
        value: "time",
    },
    as: {
        says: "bring it back as the VM of this instance that the tenant's file declares beside it",
        value: "instance",
        kind: "number",
        bounds: [1, 99],
    },
    replace: { says: "put it in the place of a VM that is there, with all that is on its disks" },
    yes: { says: "say the name of what is replaced without being asked", value: "name", kind: "text" },
} as const;

export const command = defineCommand({
    name: "restore",
    group: "daily",
    summary: "bring a VM back from a backup, as the files declare it",
    details:
        "Restores a VM, or all VMs of a tenant, from its newest backup, or the newest by --at: with its VMID, MAC, address and names, " +
        "into its pool. PVE leaves it stopped, and without the firewall that the backup had; then the VM alone is brought up as its file " +
        "says, so that it starts once its firewall stands. No other VM is touched. A VM that is there is refused without --replace; " +
        "that asks for the name, which --yes says for a script. docs/backups.md has what to do after a teardown or with a new node.",
    arguments: [SUBSTRATE, { name: "vm", kind: "vm", says: "tenant/vm, or a tenant for all of its VMs" }],
    options: OPTIONS,
    output: "restore",
    needs: ["pulumi"],
    example: "tenants restore dvntm grooveiq/db-vm01 --at 2026-11-28",
    exits: { 1: "it was refused, or PVE or Pulumi could not" },
    async run(request) {
        const { args, options } = request;
        const until = timeOf(options.at);
        const named = args["vm"]!;
        const name = named.split("/")[1] ?? named;
        requireName(name, options.yes);
        const substrate = loadOne(args["substrate"]!);
        const selected = selectedIn(substrate, named, options.as);
        const deployment = await prepareChange(substrate);
        const held = holdingsOf(deployment, substrate.plan).get(selected.tenant.name);
        const known = new Set((held?.vms ?? []).map(({ vmid }) => vmid));
        const wanted = { ...selected, ...(until && { until }), replace: options.replace, known };
        const chosen = await restoreAll(substrate, wanted, (what) => confirm(what, name, options.yes));
        return bringUp(request, substrate, wanted.tenant.name, { chosen, deployment });
    },
});

/**
 * Restores what is wanted, one after the other, once nothing speaks against any of it.
 *
 * @param confirmed has a person confirm that something is replaced.
 */
async function restoreAll(
    substrate: Substrate,
    wanted: Wanted,
    confirmed: (what: string) => Promise<void>,
): Promise<readonly Chosen[]> {
    return withNodes(substrate, async (nodes) => {
        const client = nodes.get(wanted.hypervisor.node)!;
        const { chosen, reasons } = await choose(client, wanted);
        if (reasons.length > 0) {
            throw new Refusal(`nothing is restored:\n${reasons.join("\n")}`);
        }
        chosen.forEach((one) => [lineOf(one), ...disksLine(one)].forEach((line) => tell(line)));
        if (chosen.some(({ inPlaceOf }) => inPlaceOf !== undefined)) {
            await confirmed("What is there of it goes, with all that is on the disks that the backup has.");
        }
        for (const one of chosen) {
            note(`restoring VM ${one.vm.vmid} ${one.vm.name}: PVE's task log tells how far it is`);
            await restoreVm(client, wanted.hypervisor, one);
        }
        return chosen;
    });
}

async function bringUp(
    request: Request,
    substrate: Substrate,
    tenant: string,
    { chosen, deployment }: { readonly chosen: readonly Chosen[]; readonly deployment: Deployment },
): Promise<number> {
    const vms = chosen.map(({ vm }) => vm);
    const { code, changes } = await bringUpReturned(request, substrate, vms, originsOf(chosen, deployment));
    const restored = chosen.map(({ vm: { vmid, name: vm }, volid, at }) => ({
        ...{ vm, vmid, volid },
        at: at.toISOString(),
    }));
    answer({ substrate: substrate.name, tenant, restored, changes });
    return exitOfPulumi(code);
}

/**
 * Origins of VMs whose backup is from before they were last made, by VMID: nobody knows which template that one was a clone of. A copy of
 * another VM has none of its own, either.
 */
function originsOf(chosen: readonly Chosen[], { resources = [] }: Deployment): Map<number, Brought> {
    const recorded = recordedOf(resources, []);
    const made = new Map(
        resources.filter(({ type }) => type === VM).map((one) => [vmidOf(one), secondOf(one.created)]),
    );
    const older = chosen.filter(({ vm, at, copied }) => copied || at.getTime() < (made.get(vm.vmid) ?? 0));
    return new Map(
        older.map(({ vm }) => {
            const history = historyOf(vm, recorded);
            return [vm.vmid, { ...(history && broughtIn(history)), clonedFrom: UNKNOWN_TEMPLATE }];
        }),
    );
}

/** Milliseconds of the second in which something was made: PVE knows when a backup was begun to the second. */
function secondOf(created = ""): number {
    return Math.floor(Date.parse(created) / 1000) * 1000;
}

function lineOf({ vm, volid, at, inPlaceOf }: Chosen): string {
    const replaces = inPlaceOf === undefined ? "" : ", in the place of the VM that is there";
    return `${nameOfVm(vm)}: VM ${vm.vmid} comes back as it was at ${at.toISOString()} (${volid})${replaces}`;
}

/** The line on disks that the backup has not; none where it has all. */
function disksLine({ vm, without, inPlaceOf }: Chosen): string[] {
    const what = inPlaceOf === undefined ? "comes back empty" : "stays as it is now";
    if (without === undefined) {
        return [`  the token may not look into the backup: a disk that is not in it ${what}`];
    }
    return without.length === 0 ? [] : [`  not in the backup of ${vm.name}, so that it ${what}: ${without.join(", ")}`];
}

/** @throws UsageError for what is no time. */
function timeOf(text: string | undefined): Date | undefined {
    if (text === undefined) {
        return undefined;
    }
    // A day is meant with its last minute, by the clock of whoever types it.
    const time = new Date(/^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T23:59:59.999` : text);
    if (!/^\d{4}-\d{2}-\d{2}/.test(text) || Number.isNaN(time.getTime())) {
        throw new UsageError(`--at ${shown(text)} is no time: 2026-11-28, 2026-11-28T02:30 or 2026-11-28T02:30Z`);
    }
    return time;
}

/** The VMs that a person named. @throws Refusal where no file has them. */
function selectedIn(
    substrate: Substrate,
    named: string,
    as: string | undefined,
): Pick<Wanted, "tenant" | "hypervisor" | "vms" | "source"> {
    const [tenantName = "", vmName] = named.split("/");
    const tenant = substrate.tenants.find(({ name }) => name === tenantName);
    if (tenant === undefined) {
        const names = substrate.tenants.map(({ name }) => name);
        throw new Refusal(
            `${substrate.name} has no tenant ${shown(tenantName)}${suggestion(tenantName, names)}: a VM comes back as its file declares it`,
        );
    }
    const hypervisor = hypervisorOf(substrate, tenant);
    if (vmName === undefined) {
        if (as !== undefined) {
            throw new UsageError(`--as is for one VM: ${tenantName}/<vm>`);
        }
        return { tenant, hypervisor, vms: tenant.vms };
    }
    const vm = tenant.vms.find(({ name }) => name === vmName);
    if (vm === undefined) {
        const names = tenant.vms.map(({ name }) => name);
        throw new Refusal(`${tenantName} has no VM ${shown(vmName)}${suggestion(vmName, names)}: ${names.join(", ")}`);
    }
    return as === undefined
        ? { tenant, hypervisor, vms: [vm] }
        : { tenant, hypervisor, vms: [instanceOf(substrate, tenant, Number(as))], source: vm };
}

function instanceOf({ plan }: Substrate, { name, vms }: Tenant, instance: number): WorkloadVm {
    const found = vms.find(({ vmid }) => slotOf(plan, vmid)?.instance === instance);
    if (found === undefined) {
        throw new Refusal(
            `${name} declares no VM of instance ${instance}: write it into the tenant's file first, so that it has a name, a size and an address`,
        );
    }
    return found;
}
