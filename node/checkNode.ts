import type { Fault } from "../definitions/faults";
import { heldBy } from "./guestState";
import { addressesIn } from "./nics";
import { stackFileOf } from "../definitions/stackFile";
import { asksRebuild, isCloned, type Recorded } from "../state/recorded";
import { isVm } from "../substrate/guestOwnership";
import { checkDevices, checkMappings } from "./checkDevices";
import { checkDetached, checkDisks, checkMoved, checkProtected } from "./checkDisks";
import { checkKeptByBackup, checkNewSnapshots, checkSnapshots } from "./checkSnapshots";
import { checkMovedDisks, checkStorages } from "./checkStorages";
import { checkTemplates } from "./checkTemplates";
import { checkUndeclared } from "./checkUndeclared";
import { checkFirmware } from "./firmware";
import type { Guest, Inventory } from "./inventory";
import { faultOf, type Known } from "./known";
import { guardsIn } from "./guards";
import { checkNftables } from "./nftables";
import { vmsOn } from "./read";
import type { Hypervisor, Substrate, WorkloadVm } from "../substrate/substrate";

/**
 * Checks the definitions of a hypervisor's VMs against what its node and the state hold, before anything is touched: a
 * VMID or an address that somebody else has, a VM that would be moved or made anew unasked, or that is hibernated, a disk
 * that would shrink, a template that cannot be cloned as asked.
 */
export function checkNode(
    substrate: Substrate,
    hypervisor: Hypervisor,
    inventory: Inventory,
    recorded: Recorded,
): Fault[] {
    const known = { substrate, hypervisor, inventory, recorded };
    const vms = vmsOn(substrate, hypervisor);
    const cloned = vms.filter((vm) => isCloned(vm, inventory.guests, recorded));
    return [
        ...vms.flatMap((vm) => [...checkVm(vm, known), ...checkAddress(vm, known)]),
        ...checkLeaving(new Set(vms.map(({ vmid }) => vmid)), known),
        ...checkTemplates(cloned, known),
        ...checkStorages(vms, known),
        ...checkMappings(vms, known),
        ...checkNewSnapshots(vms, known),
        ...checkNftables(cloned, known),
    ];
}

function checkVm(vm: WorkloadVm, known: Known): Fault[] {
    const { substrate, hypervisor, inventory, recorded } = known;
    const moved = checkMoves(vm, known);
    const guest = inventory.guests.get(vm.vmid);
    if (moved.length > 0 || guest === undefined) {
        return moved;
    }
    if (guest.type !== "qemu" || !isVm(guest, vm)) {
        return [faultOf(vm, "instance", takenBy(guest, hypervisor))];
    }
    if (!recorded.vms.has(vm.vmid)) {
        return [faultOf(vm, "instance", notRecorded(vm, substrate, hypervisor))];
    }
    const hibernated = checkHibernated(vm, guest, hypervisor);
    if (asksRebuild(vm, recorded)) {
        const guards = guardsIn(vm.vmid, inventory.configs.get(vm.vmid));
        return [
            ...checkKept(vm),
            ...checkKeptByBackup(vm, known),
            ...guards.map((guard) => faultOf(vm, "rebuild", `a new word deletes the VM: ${guard}`)),
            ...hibernated,
        ];
    }
    const checks = [
        checkDisks,
        checkDetached,
        checkMoved,
        checkProtected,
        checkMovedDisks,
        checkFirmware,
        checkUndeclared,
        checkDevices,
        checkSnapshots,
    ];
    return [...checks.flatMap((check) => check(vm, guest, known)), ...hibernated];
}

/** A VM that was hibernated is stopped to the provider, which would start it and change it, and PVE refuses both. */
function checkHibernated(vm: WorkloadVm, guest: Guest, { name }: Hypervisor): Fault[] {
    const held = heldBy(guest);
    if (held === undefined || !held.locked || held.byTask) {
        return [];
    }
    const message =
        `VM ${vm.vmid} on ${name} is ${held.state}, and PVE changes nothing on it until it goes on: \`${held.command}\`, ` +
        "as root on the node";
    return [faultOf(vm, "name", message)];
}

/** Everything that holds the VMs of a hypervisor's tenants and need not fail a run: a line each, with what ends it. */
export function heldWarnings(substrate: Substrate, hypervisor: Hypervisor, { guests }: Inventory): string[] {
    return vmsOn(substrate, hypervisor).flatMap(({ vmid, name }) => {
        const guest = guests.get(vmid);
        const held = guest && heldBy(guest);
        if (held === undefined || (held.locked && !held.byTask)) {
            return [];
        }
        const what = `${hypervisor.name}: VM ${vmid} ${name} is ${held.state}`;
        return held.byTask
            ? `${what}: PVE refuses to change it until its task ends; where none runs, \`${held.command}\` on the node`
            : `${what}: \`${held.command}\` on the node lets it go on`;
    });
}

/** A fixed address that a guest of somebody else's has by its own settings: of two guests with one address neither is reached. */
function checkAddress(vm: WorkloadVm, { substrate, hypervisor, inventory }: Known): Fault[] {
    const addresses = [vm.address, ...vm.nics.map((nic) => nic.address)];
    const own = new Set(vmsOn(substrate, hypervisor).map(({ vmid }) => vmid));
    const others = [...inventory.guests.values()].filter(({ vmid }) => !own.has(vmid));
    return addresses.flatMap((address, nic) => {
        const having = others.filter(
            ({ vmid }) => address !== undefined && addressesIn(inventory.configs.get(vmid) ?? {}).includes(address),
        );
        return having.map((guest) => {
            const message =
                `${address} is the address of ${guestName(guest)} (VMID ${guest.vmid}) on ${hypervisor.name}, which is not ` +
                `ours and stays as it is. Give the ${nic === 0 ? "VM another instance" : "NIC another address"}, or that guest another address`;
            return faultOf(vm, nic === 0 ? "address" : "networkInterfaces", message);
        });
    });
}

/** VMs of the state that no file declares any more: PVE would refuse to delete one after others were stopped and are gone. */
function checkLeaving(declared: ReadonlySet<number>, { substrate, hypervisor, inventory, recorded }: Known): Fault[] {
    const leaving = [...recorded.vms].filter(([vmid, { node }]) => !declared.has(vmid) && node === inventory.node);
    return leaving.flatMap(([vmid, { component }]) =>
        guardsIn(vmid, inventory.configs.get(vmid)).map((guard) => ({
            file: stackFileOf(substrate.name),
            path: `hypervisors.${hypervisor.name}`,
            message: `${component} is in no file any more, and would be deleted: ${guard}`,
        })),
    );
}

function checkKept(vm: WorkloadVm): Fault[] {
    const why = vm.keep ? "keep" : vm.protection ? "protection" : undefined;
    const message = `a new word deletes the VM, which ${why}: true forbids; set ${why}: false and bring the substrate up first`;
    return why === undefined ? [] : [faultOf(vm, "rebuild", message)];
}

/** A guest as a person knows it; a container is no VM. */
function guestName({ name, type }: Guest): string {
    return `${name || "a guest without a name"}${type === "lxc" ? " (container)" : ""}`;
}

function takenBy(guest: Guest, { name: hypervisor, node }: Hypervisor): string {
    const { vmid, pool, tags } = guest;
    const marks = [`pool ${pool ?? "none"}`, `tags ${tags.length === 0 ? "none" : tags.join(", ")}`].join(", ");
    return (
        `VMID ${vmid} on ${hypervisor} (node ${node}) is taken by ${guestName(guest)} (${marks}), ` +
        "which is not ours and stays as it is. Give the VM another instance, or move that guest away"
    );
}

function notRecorded(vm: WorkloadVm, { name }: Substrate, { node }: Hypervisor): string {
    return (
        `VM ${vm.vmid} is on node ${node} and looks like this one, but is not in the stack's state: a run was ` +
        `interrupted, or the state was lost. \`tenants recover ${name}\` settles it; by hand: ` +
        `pulumi import proxmoxve:index/vmLegacy:VmLegacy ${vm.tenant}-${vm.name}-vm ${node}/${vm.vmid} (docs/recover.md)`
    );
}

/** Pulumi would delete a VM whose VMID or node changes, with its data; nothing but a person's word may do that. */
function checkMoves(vm: WorkloadVm, { hypervisor, recorded }: Known): Fault[] {
    const component = `${vm.tenant}-${vm.name}`;
    const known = [...recorded.vms].find(([, { component: name }]) => name === component);
    if (known === undefined) {
        return [];
    }
    const [vmid, { node }] = known;
    if (vmid !== vm.vmid) {
        return [faultOf(vm, "instance", otherVmid(vm, vmid, recorded.vms.has(vm.vmid)))];
    }
    if (node !== hypervisor.node) {
        const message =
            `${vm.name} runs on node ${node}, and nothing migrates: on ${hypervisor.node} it would be deleted and made ` +
            "anew. Back it up there, take it out, and restore it here";
        return [faultOf(vm, "name", message)];
    }
    return [];
}

function otherVmid(vm: WorkloadVm, vmid: number, renamed: boolean): string {
    return renamed
        ? `${vm.name} is the name of VM ${vmid}, which is renamed too; bring the substrate up in between`
        : `${vm.name} is VM ${vmid}, and would be deleted with its data and made anew as ${vm.vmid}. Keep the ` +
              "instance and the VLAN, or give the new VM another name and take this one out";
}
