import type { Fault } from "../definitions/faults";
import { stackFileOf } from "../definitions/stackFile";
import type { Hypervisor, WorkloadVm } from "../substrate/substrate";
import { checkTemplateDevices } from "./checkDevices";
import { unlikeTemplate } from "./firmware";
import { disksIn, storageOf, templateFor, type TemplateDetails } from "./inventory";
import { undeclaredDisks } from "./checkUndeclared";
import { faultOf, type Known } from "./known";

/** One fault for each thing wrong with a template, at the first VM that would be cloned from it. */
export function checkTemplates(vms: readonly WorkloadVm[], { substrate, hypervisor, inventory }: Known): Fault[] {
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

function checkTemplate(vm: WorkloadVm, details: TemplateDetails, { node }: Hypervisor): Fault[] {
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
        ...inherited(vm, details, template),
    ].filter((message) => message !== false);
    const linked = vm.clone === "linked" ? notLinkable(vm, details, template) : [];
    return [
        ...wrong.map((message) => faultOf(vm, "template", message)),
        ...smallerThan(vm, details, template),
        ...undeclaredDisks(vm, details, template),
        ...checkTemplateDevices(vm, details, template),
        ...unlikeTemplate(vm, details.settings, template).map(({ key, message }) => faultOf(vm, key, message)),
        ...linked.map((message) => faultOf(vm, "clone", message)),
    ];
}

/**
 * Reasons why a template has no linked clones where a VM's disks are to lie. PVE makes them of base images, on storages that have
 * any (volume_has_feature of PVE/Storage/*Plugin.pm, pve-storage's branch stable-8), and leaves them on the template's storage.
 */
function notLinkable(vm: WorkloadVm, { linkable, settings, systemDisk }: TemplateDetails, template: string): string[] {
    const declared = new Map(vm.extraDisks.map((disk) => [disk.interface, disk.datastore]));
    const disks = [
        ...disksIn(settings).map(({ name }) => ({ name, storage: storageOf(settings[name]) })),
        ...(systemDisk === undefined ? [] : [{ name: "scsi0", storage: systemDisk.storage }]),
    ];
    const wanted = (name: string) => declared.get(name) ?? vm.datastore;
    const elsewhere = disks.find(({ name, storage }) => storage !== wanted(name));
    if (elsewhere !== undefined) {
        const { name, storage } = elsewhere;
        return [
            `${template} lies on storage ${storage}, not ${wanted(name)}, and a linked clone stays on the storage of its template; ` +
                "build it there, or set clone: full",
        ];
    }
    return linkable === false
        ? [
              `${template} lies on storage ${vm.datastore}, on which PVE makes no linked clone of it: it does on LVM-thin, ZFS, Btrfs, ` +
                  "Ceph RBD and among files, and not on LVM or iSCSI; set clone: full, or build it on one that can",
          ]
        : [];
}

/** Things of a template that every clone would have, and the program could not, or would not, take out of it. */
function inherited({ user }: WorkloadVm, details: TemplateDetails, template: string): (string | false)[] {
    const ostype = String(details.settings["ostype"] ?? "");
    const ownAccount = user === undefined ? [] : details.account;
    return [
        details.firewallRules > 0 &&
            `${template} has ${details.firewallRules} firewall rules, which every clone would inherit; remove them from it`,
        ...details.addressFilters.map(
            (name) => `${template} has the ipset ${name}, which every clone would inherit and be cut off by; remove it`,
        ),
        details.rootOnly.length > 0 &&
            `${template} has ${listOf(details.rootOnly)}, which only root may set, so that a clone of it can be neither finished nor ` +
                `changed; as root on the node: ${withoutKeys(details, details.rootOnly)}`,
        user !== undefined &&
            /^w/.test(ostype) &&
            `${template} is of Windows (ostype ${ostype}), where cloud-init makes no account with SSH keys; leave out user, or clone ` +
                "another template",
        ownAccount.length > 0 &&
            `${template} has ${listOf(ownAccount)}, which every clone inherits: beside the account that the tenant's file ` +
                `declares it would let others in; as root on the node: ${withoutKeys(details, ownAccount)}`,
    ];
}

function listOf(keys: readonly string[]): string {
    return keys.length < 2 ? keys.join("") : `${keys.slice(0, -1).join(", ")} and ${keys.at(-1)!}`;
}

function withoutKeys({ vmid }: TemplateDetails, keys: readonly string[]): string {
    return `qm set ${vmid} --delete ${keys.join(",")}`;
}

/** The thing that a definition asks of cloud-init beside the host's name; undefined for nothing. */
function identityOf({ user, address }: WorkloadVm): string | undefined {
    return user !== undefined ? "an account" : address !== undefined ? "a fixed address" : undefined;
}

/** Variables of the image factory by which a template's disk becomes smaller. */
const SMALLER_DISK = "the image factory's os_disk_size, or disk_size in its fedora-43.pkr.hcl of January 2026";

/** Disks that are declared smaller than the template's of the same place, which a clone copies whole. */
function smallerThan(vm: WorkloadVm, { systemDisk, settings }: TemplateDetails, template: string): Fault[] {
    const brought = new Map(disksIn(settings).map(({ name, sizeGiB }) => [name, sizeGiB]));
    const system = systemDisk?.sizeGiB ?? 0;
    return [
        ...(system > vm.diskGiB
            ? [
                  faultOf(
                      vm,
                      "disk",
                      `${tooSmall(vm.diskGiB, system, template)}, or build the template with a smaller disk: ${SMALLER_DISK}`,
                  ),
              ]
            : []),
        ...vm.extraDisks.flatMap(({ interface: name, sizeGiB }) => {
            const larger = brought.get(name) ?? 0;
            return larger > sizeGiB
                ? [
                      faultOf(
                          vm,
                          "disks",
                          `${name}: ${tooSmall(sizeGiB, larger, `${name} of ${template}`)}, or use another slot`,
                      ),
                  ]
                : [];
        }),
    ];
}

function tooSmall(declared: number, brought: number, of: string): string {
    return (
        `${declared}GiB is less than the ${brought}GiB of ${of}, and a disk only grows; allowed: ` +
        `${Math.ceil(brought)}GiB or more`
    );
}
