import { heldBy } from "../node/guestState";
import { withEachNode } from "../node/client";
import { readInventory } from "../node/read";
import { exportStack } from "../state/client";
import { identifiedBy } from "../state/identities";
import { marksOf } from "../substrate/guestOwnership";
import { nameOfVm } from "../substrate/identity";
import { suggestion } from "../definitions/suggest";
import type { Substrate, WorkloadVm } from "../substrate/substrate";
import { confirm, requireName } from "./cli/confirm";
import { defineCommand, SUBSTRATE } from "./cli/definition";
import { Refusal, shown, UsageError } from "./cli/errors";
import { EXIT } from "./cli/exit";
import { answer, complain, tell } from "./cli/terminal";
import { afterRollback, chosenSnapshot, rollBack, snapshotsIn, type WithSnapshots } from "./shared/snapshots";
import { ensureStack } from "./shared/stack";
import { loadOne } from "./shared/substrates";
import { requirePreflight } from "../node/preflight";

const OPTIONS = {
    to: { says: "go back to this one, not to the newest that a run took", value: "snapshot", kind: "text" },
    yes: { says: "say the VM's name without being asked", value: "name", kind: "text" },
} as const;

export const command = defineCommand({
    name: "rollback",
    group: "daily",
    summary: "put a VM back on the snapshot from before its last change",
    details:
        "Puts a VM back on the newest snapshot that a run took of it, or on one by --to: PVE stops it and brings disks and settings back; " +
        "then it starts behind its firewall, which stays as it is now, and its `health` gate is waited for. What was written to its disks since " +
        "then is lost; it asks for the VM's name, which --yes says for a script. The files say what they said, so that the next preview shows " +
        "the change again, and the next up makes it. On ZFS, PVE goes back to a VM's newest snapshot alone (docs/snapshots.md).",
    arguments: [SUBSTRATE, { name: "vm", kind: "vm", says: "tenant/vm" }],
    options: OPTIONS,
    output: "rollback",
    needs: ["pulumi"],
    writes: true,
    example: "tenants rollback dvntm grooveiq/api-vm01 --yes=api-vm01",
    exits: { 1: "it was refused, PVE could not, or the VM is not healthy there" },
    async run({ args, options }) {
        const named = args["vm"]!;
        const loaded = loadOne(args["substrate"]!);
        const vm = vmIn(loaded, named);
        requireName(vm.name, options.yes);
        await requirePreflight(loaded);
        ensureStack(loaded.name).forEach((line) => tell(`recover: ${line}`));
        const substrate = identifiedBy(loaded, exportStack(loaded.name).deployment);
        const held = await onItsNode(substrate, vm);
        const { name, at, description } = chosenSnapshot(held, options.to);
        tell(`${nameOfVm(vm)}: VM ${vm.vmid} goes back to ${name}, as it was at ${at.toISOString()}`);
        if (description !== "") {
            tell(`  ${description}`);
        }
        await confirm("What was written to its disks since then is lost.", vm.name, options.yes);
        const ill = await rollBack(substrate, held.vm, name);
        tell(afterRollback(substrate.name, vm, name));
        if (ill !== undefined) {
            complain(`${nameOfVm(vm)} is not healthy there: ${ill}`);
        }
        const { tenant, name: vmName, vmid } = vm;
        answer({
            ...{ substrate: substrate.name, tenant, vm: vmName, vmid, snapshot: name, at: at.toISOString() },
            ...{ healthy: ill === undefined, ...(ill !== undefined && { why: ill }) },
        });
        return ill === undefined ? EXIT.done : EXIT.failed;
    },
});

/** The VM that a person named. @throws Refusal where no file has it. */
function vmIn({ name, tenants }: Substrate, named: string): WorkloadVm {
    const [tenantName = "", vmName] = named.split("/");
    if (vmName === undefined) {
        throw new UsageError(`${shown(named)} is no VM: tenant/vm, as grooveiq/api-vm01`);
    }
    const all = tenants.flatMap(({ vms }) => vms);
    const vm = all.find((one) => one.tenant === tenantName && one.name === vmName);
    if (vm === undefined) {
        throw new Refusal(`${name} has no VM ${shown(named)}${suggestion(named, all.map(nameOfVm))}`);
    }
    return vm;
}

/** The VM on its node, with its snapshots. @throws Refusal where it is not there, somebody else's, or locked. */
async function onItsNode(substrate: Substrate, { vmid }: WorkloadVm): Promise<WithSnapshots> {
    const [found] = await snapshotsIn(substrate, (one) => one.vmid === vmid);
    const inventories = await withEachNode(substrate, (client, hypervisor) => readInventory(client, hypervisor));
    const guest = inventories.flatMap(({ guests }) => guests.get(vmid) ?? [])[0];
    if (found === undefined || guest === undefined) {
        throw new Refusal(
            `VM ${vmid} is not on its node, and its snapshots went with it; \`tenants restore\` brings back a backup`,
        );
    }
    if (!marksOf(guest, found.vm.tenant).includes("pool")) {
        throw new Refusal(`VM ${vmid} is not in the pool ${found.vm.tenant}: it may be somebody else's, and stays`);
    }
    const lock = heldBy(guest);
    if (lock?.locked === true) {
        throw new Refusal(
            `VM ${vmid} is ${lock.state}, and PVE puts it back only once it is free: \`${lock.command}\`, as root on the node`,
        );
    }
    return found;
}
