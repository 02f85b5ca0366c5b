import { descriptionOf } from "../../../substrate/description";
import type { FurtherNic } from "../../../substrate/furtherNics";
import type { Hypervisor, Startup, Tenant, WorkloadVm } from "../../../substrate/substrate";
import { prefixOf } from "../../../substrate/plan";
import { LINUX } from "../../../state/recorded";
import { deviceSettings } from "../../../substrate/devices";
import type { DiskOptions } from "../../../substrate/diskOptions";
import type { OwnFirmware } from "../../../substrate/firmware";
import { diskOptionsText } from "../../diskOptions";
import type { Settings } from "../../inventory";
import { mappingIn } from "../../mappings";
import type { Named } from "../view";
import { DRIVE, isCd, isCloudInit, NIC } from "./settings";

/** A VM of a tenant's file, with the places that it is put in. */
export interface DeclaredVm {
    readonly vm: WorkloadVm;
    readonly tenant: Tenant;
    readonly hypervisor: Hypervisor;
    /** MACs that the VM keeps where the policy is automatic, by the place of the NIC; missing where nothing tells. */
    readonly macs?: readonly (string | undefined)[];
    /** Options that the VM's disks have from its template, by PVE name; missing for none. */
    readonly diskOptions?: Readonly<Record<string, DiskOptions>>;
    /** PVE's type of its guest system, by its template; missing for l26. */
    readonly ostype?: string;
    /** Firmware and machine that it was made with beside its template's; missing for none. */
    readonly firmware?: OwnFirmware;
    /** Tags of other tools that stay. */
    readonly keptTags?: readonly string[];
}

/** A VM's settings on its node, and what a preview told of it. */
export interface ConfiguredVm extends DeclaredVm {
    readonly named: Named;
    readonly settings: Settings;
    /** Settings of the template that it was made from; missing where nobody knows them. */
    readonly template?: Settings;
    /** Fields that the preview has told of. */
    readonly told: ReadonlySet<string>;
    /** Provider's properties that an up would write. */
    readonly written: ReadonlySet<string>;
}

/** The empty CD drive of every VM, which PVE puts last in a boot order that is written out. */
const EMPTY_CD = "ide3";

/** The place of every VM's cloud-init drive. */
const CLOUD_INIT = "ide2";

/**
 * Settings of a VM by its tenant's file, by PVE's names and as components/tenantVm.ts has the provider write them.
 * Whatever is not among them is the template's, but for what isWithout() says.
 */
export function declaredSettings({ vm, tenant, hypervisor, macs = [], ...brought }: DeclaredVm): Settings {
    const { diskOptions, ostype = LINUX, firmware = {}, keptTags = [] } = brought;
    const { segment, zone } = tenant;
    const { datastore } = hypervisor;
    const prefix = prefixOf(segment.subnet.cidr);
    const disk = (name: string, sizeGiB: number, storage: string) =>
        `${storage},size=${sizeGiB}G${diskOptionsText({ ...diskOptions?.[name], ...vm.diskOptions })}`;
    const address = vm.address === undefined ? "ip=dhcp" : `gw=${segment.subnet.gateway},ip=${vm.address}/${prefix}`;
    return {
        ...{
            name: vm.name,
            description: descriptionOf(vm),
            tags: [...vm.tags, ...keptTags].join(";"),
            onboot: Number(vm.onBoot),
        },
        ...(vm.startup && { startup: startupText(vm.startup) }),
        ...{ cores: vm.cores, sockets: 1, cpu: vm.cpuType, numa: 0, memory: vm.memoryMiB, balloon: vm.balloonMiB },
        ...{ agent: `enabled=${Number(vm.agent.enabled)}`, protection: Number(vm.protection) },
        ...{ ostype, scsihw: "virtio-scsi-single", serial0: "socket" },
        ...{ ipconfig0: address, searchdomain: zone, ciupgrade: 0 },
        ...(segment.resolvers.length > 0 && { nameserver: segment.resolvers.join(" ") }),
        ...(vm.user && { ciuser: vm.user.name, sshkeys: vm.user.keys.join("\n") }),
        net0: nicText(hypervisor, vm.mac ?? macs[0], segment.tagged ? segment.vlan : undefined),
        ...Object.fromEntries(vm.nics.flatMap((nic, i) => nicSettings(hypervisor, nic, nic.mac ?? macs[i + 1]))),
        scsi0: disk("scsi0", vm.diskGiB, vm.datastore),
        ...Object.fromEntries(
            vm.extraDisks.map((one) => [one.interface, disk(one.interface, one.sizeGiB, one.datastore)]),
        ),
        ...firmwareSettings(firmware),
        ...deviceSettings(vm.devices),
        ...{ [CLOUD_INIT]: `${datastore}:cloudinit,media=cdrom`, [EMPTY_CD]: "none,media=cdrom" },
    };
}

function nicText({ bridge }: Hypervisor, mac: string | undefined, vlan: number | undefined): string {
    const [own, tag] = [mac === undefined ? "" : `=${mac}`, vlan === undefined ? "" : `,tag=${vlan}`];
    return `virtio${own},bridge=${bridge},firewall=1${tag}`;
}

/** A NIC beside the first, and its address for cloud-init. */
function nicSettings(hypervisor: Hypervisor, nic: FurtherNic, mac: string | undefined): [string, string][] {
    const { interface: name, vlan, address, cidr } = nic;
    return [
        [name, nicText(hypervisor, mac, vlan)],
        [name.replace("net", "ipconfig"), `ip=${address}/${prefixOf(cidr)}`],
    ];
}

/** Firmware and machine as the provider has PVE make them: an EFI disk of the larger size, a TPM 2.0. */
export function firmwareSettings({ bios, machine, efiDisk, tpmState }: OwnFirmware): Settings {
    return {
        ...(bios && { bios }),
        ...(machine !== undefined && { machine }),
        ...(efiDisk && { efidisk0: `${efiDisk.datastore},efitype=4m,pre-enrolled-keys=${Number(efiDisk.keys)}` }),
        ...(tpmState && { tpmstate0: `${tpmState.datastore},version=v2.0` }),
    };
}

function startupText({ order, upDelay, downDelay }: Startup): string {
    const parts = { order, up: upDelay, down: downDelay };
    return Object.entries(parts)
        .flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]))
        .join(",");
}

/** Settings that no VM of a tenant has, whatever its template brings: the provider takes them away, or none may bring them. */
export function isWithout(key: string): boolean {
    return NIC.test(key) || /^serial[1-9]$/.test(key) || key === "hookscript";
}

/**
 * The settings that a VM has from its template: what a clone copies and nothing of the file replaces
 * (qemu-server 8.4.10, src/PVE/API2/Qemu.pm:4391-4450, clone_vm). A cloud-init drive goes over to the VM's own place.
 *
 * @param datastore storage that a full clone goes to with all of its disks; missing: they stay on those of the template.
 */
export function inheritedSettings(template: Settings, datastore?: string): Settings {
    const replaced = Object.keys(template).filter((key) => DRIVE.test(key) && isCloudInit(template[key] ?? ""));
    const kept = Object.entries(template).filter(([key]) => {
        return (
            key !== "template" &&
            !isWithout(key) &&
            !replaced.includes(key) &&
            mappingIn(key, template[key]) === undefined
        );
    });
    const { boot, ...others } = Object.fromEntries(kept.map(([key, value]) => [key, placedOn(datastore, key, value)]));
    return { ...others, ...(boot !== undefined && { boot: bootOrder(boot, [CLOUD_INIT, ...replaced]) }) };
}

/** A setting as a clone has it: of a disk the storage is that of the clone. */
function placedOn(datastore: string | undefined, key: string, value: Settings[string]): Settings[string] {
    const text = String(value ?? "");
    return datastore === undefined || !DRIVE.test(key) || isCd(text) || !text.includes(":")
        ? value
        : `${datastore}${text.slice(text.indexOf(":"))}`;
}

/**
 * A template's boot order once the provider took its cloud-init drive out for the VM's own (deleteIdeDrives of vm.go in bpg v0.111.1)
 * and added the empty CD drive: a drive that goes leaves the order, of new ones CD drives alone join it (src/PVE/API2/Qemu.pm:2206,
 * 2342 of qemu-server 8.4.10).
 */
function bootOrder(boot: string | number, replaced: readonly string[]): string {
    const [, listed] = /^order=(.*)$/.exec(String(boot)) ?? [];
    if (listed === undefined) {
        return String(boot);
    }
    const kept = listed.split(";").filter((device) => !replaced.includes(device));
    return `order=${[...new Set([...kept, EMPTY_CD])].join(";")}`;
}

/**
 * The settings of a VM whose template nobody knows any more, where PVE's own defaults would say too little: it boots from its
 * system disk, and its identities are as they are.
 */
export function withoutTemplate({ vmgenid, smbios1 }: Settings): Settings {
    return { boot: `order=scsi0;${EMPTY_CD}`, ...(vmgenid && { vmgenid }), ...(smbios1 && { smbios1 }) };
}
