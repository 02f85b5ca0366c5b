import { FILTER_IPSET } from "./addressFilter";
import { faultAtKey } from "../definitions/places";
import type { Fault } from "../definitions/faults";
import { asksRebuild, historyOf, isCloned, type Recorded } from "../state/recorded";
import { isVm } from "../substrate/guestOwnership";
import { templateFor, type Guest, type Inventory, type TemplateDetails } from "./inventory";
import { heldBy } from "./guestState";
import { addressesIn } from "./nics";
import { vmsOn } from "./read";
import { stackFileOf } from "../definitions/stackFile";
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
        ...checkTemplates(cloned, known),
    ];
}

interface Known {
    readonly substrate: Substrate;
    readonly hypervisor: Hypervisor;
    readonly inventory: Inventory;
    readonly recorded: Recorded;
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
    return asksRebuild(vm, recorded)
        ? [...checkKept(vm), ...hibernated]
        : [...checkDisks(vm, guest), ...checkDetached(vm, guest, known), ...hibernated];
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
    const { address } = vm;
    const own = new Set(vmsOn(substrate, hypervisor).map(({ vmid }) => vmid));
    const others = [...inventory.guests.values()].filter(({ vmid }) => !own.has(vmid));
    return others
        .filter(({ vmid }) => address !== undefined && addressesIn(inventory.configs.get(vmid) ?? {}).includes(address))
        .map((guest) => {
            const message =
                `${address} is the address of ${guestName(guest)} (VMID ${guest.vmid}) on ${hypervisor.name}, which is not ` +
                "ours and stays as it is. Give the VM another instance, or that guest another address";
            return faultOf(vm, "address", message);
        });
}

/**
 * A disk that was detached by hand holds data, so no new one takes its place; and the provider, which loses its name,
 * updates the VM no more until it is back.
 */
function checkDetached(vm: WorkloadVm, guest: Guest, { substrate, hypervisor, recorded }: Known): Fault[] {
    const had = historyOf(vm, recorded)?.extraDisks ?? [];
    const gone = had.filter((name) => guest.extraDisks[name] === undefined);
    const volume = guest.unused.length === 1 ? guest.unused[0]! : `<its volume: ${guest.unused.join(" or ")}>`;
    return vm.extraDisks
        .filter(({ interface: name }) => gone.includes(name))
        .map(({ interface: name }) => {
            const message =
                `${name} of VM ${vm.vmid} was detached on ${hypervisor.name} by hand, and holds data: attach it again ` +
                `(qm set ${vm.vmid} --${name} ${volume}), then \`tenants recover ${substrate.name}\``;
            return faultOf(vm, "disks", message);
        });
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

function checkDisks(vm: WorkloadVm, guest: Guest): Fault[] {
    const system =
        guest.systemDiskGiB > vm.diskGiB ? [faultOf(vm, "disk", shrinks(vm.diskGiB, guest.systemDiskGiB))] : [];
    const extra = vm.extraDisks.flatMap(({ interface: name, sizeGiB }) => {
        const now = guest.extraDisks[name] ?? 0;
        return now > sizeGiB ? [faultOf(vm, "disks", `${name}: ${shrinks(sizeGiB, now)}`)] : [];
    });
    return [...system, ...extra];
}

function shrinks(declared: number, now: number): string {
    return `${declared}GiB is less than the ${now}GiB on the node, and a disk only grows; allowed: ${Math.ceil(now)}GiB or more`;
}

/** One fault for each thing wrong with a template, at the first VM that would be cloned from it. */
function checkTemplates(vms: readonly WorkloadVm[], { substrate, hypervisor, inventory }: Known): Fault[] {
    const faults = vms.flatMap((vm) => {
        try {
            const { vmid } = templateFor(vm, hypervisor, inventory.guests);
            return checkTemplate(vm, inventory.templates.get(vmid)!, hypervisor);
        } catch (error) {
            if (error instanceof RangeError) {
                const message = error.message.replace(/\.$/, "");
                const path = `hypervisors.${hypervisor.name}.template`;
                return [
                    vm.template === undefined
                        ? { file: stackFileOf(substrate.name), path, message }
                        : faultOf(vm, "template", message),
                ];
            }
            throw error;
        }
    });
    const seen = new Set<string>();
    return faults.filter(({ message }) => !seen.has(message) && seen.add(message));
}

function checkTemplate(vm: WorkloadVm, details: TemplateDetails, { node, datastore }: Hypervisor): Fault[] {
    const template = `template ${details.name} (${details.vmid}) on node ${node}`;
    const identity = identityOf(vm);
    const disk = details.systemDisk;
    const wrong = [
        disk === undefined && `${template} has no disk scsi0; build it with the disk on scsi0`,
        vm.agent.enabled &&
            !details.agent &&
            `${template} has no guest agent; build it with qemu_agent true, or set agent.enabled: false`,
        identity !== undefined &&
            !details.cloudInit &&
            `${template} has no cloud-init drive, which ${identity} needs; build it with cloud-init and its drive, or ` +
                "leave out user and address",
        details.firewallRules > 0 &&
            `${template} has ${details.firewallRules} firewall rules, which every clone would inherit; remove them from it`,
        details.addressFilter &&
            `${template} has the ipset ${FILTER_IPSET}, which every clone would inherit and be cut off by; remove it`,
        disk !== undefined &&
            disk.storage !== datastore &&
            `${template} lies on storage ${disk.storage}, not ${datastore}; build it there, or correct datastore`,
    ].filter((message) => message !== false);
    const size =
        disk !== undefined && disk.sizeGiB > vm.diskGiB
            ? [faultOf(vm, "disk", tooSmall(vm, template, disk.sizeGiB))]
            : [];
    return [...wrong.map((message) => faultOf(vm, "template", message)), ...size];
}

/** The thing that a definition asks of cloud-init beside the host's name; undefined for nothing. */
function identityOf({ user, address }: WorkloadVm): string | undefined {
    return user !== undefined ? "an account" : address !== undefined ? "a fixed address" : undefined;
}

function tooSmall(vm: WorkloadVm, template: string, sizeGiB: number): string {
    return (
        `${vm.diskGiB}GiB is less than the ${sizeGiB}GiB of ${template}, and a disk only grows; allowed: ` +
        `${Math.ceil(sizeGiB)}GiB or more, or build the template with a smaller os_disk_size`
    );
}

function faultOf({ definedAt }: WorkloadVm, key: string, message: string): Fault {
    return faultAtKey(definedAt, key, message);
}
