import { descriptionOf } from "../../../substrate/description";
import type { Hypervisor, Startup, Tenant, WorkloadVm } from "../../../substrate/substrate";
import { prefixOf } from "../../../substrate/plan";
import type { DiskOptions } from "../../../substrate/diskOptions";
import { diskOptionsText } from "../../diskOptions";
import type { Settings } from "../../inventory";
import type { Named } from "../view";
import { DRIVE, isCloudInit, NIC } from "./settings";

/** A VM of a tenant's file, with the places that it is put in. */
export interface DeclaredVm {
    readonly vm: WorkloadVm;
    readonly tenant: Tenant;
    readonly hypervisor: Hypervisor;
    /** MAC that the VM keeps where the policy is automatic; missing where nothing tells. */
    readonly mac?: string;
    /** Options that the VM's disks have from its template, by PVE name; missing for none. */
    readonly diskOptions?: Readonly<Record<string, DiskOptions>>;
    /** PVE's type of its guest system, by its template; missing for l26. */
    readonly ostype?: string;
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

/**
 * Settings of a VM by its tenant's file, by PVE's names and as components/tenantVm.ts has the provider write them.
 * Whatever is not among them is the template's, but for what isWithout() says.
 */
export function declaredSettings({ vm, tenant, hypervisor, mac, ...brought }: DeclaredVm): Settings {
    const { diskOptions, ostype = "l26", keptTags = [] } = brought;
    const { segment, zone } = tenant;
    const { bridge, datastore } = hypervisor;
    const prefix = prefixOf(segment.subnet.cidr);
    const disk = (name: string, sizeGiB: number) =>
        `${datastore},size=${sizeGiB}G${diskOptionsText({ ...diskOptions?.[name], ...vm.diskOptions })}`;
    const address = vm.address === undefined ? "ip=dhcp" : `gw=${segment.subnet.gateway},ip=${vm.address}/${prefix}`;
    const own = vm.mac ?? mac;
    const tag = segment.tagged ? `,tag=${segment.vlan}` : "";
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
        net0: `virtio${own === undefined ? "" : `=${own}`},bridge=${bridge},firewall=1${tag}`,
        scsi0: disk("scsi0", vm.diskGiB),
        ...Object.fromEntries(vm.extraDisks.map(({ interface: name, sizeGiB }) => [name, disk(name, sizeGiB)])),
        ...{ ide2: `${datastore}:cloudinit,media=cdrom`, [EMPTY_CD]: "none,media=cdrom" },
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
 */
export function inheritedSettings(template: Settings): Settings {
    const kept = Object.entries(template).filter(([key, value = ""]) => {
        return key !== "template" && !isWithout(key) && !(DRIVE.test(key) && isCloudInit(value));
    });
    const { boot, ...others } = Object.fromEntries(kept);
    return { ...others, ...(boot !== undefined && { boot: withEmptyCd(boot) }) };
}

/** A boot order once the empty CD drive has joined it (src/PVE/API2/Qemu.pm, vmconfig_update: new CD drives are bootable). */
function withEmptyCd(boot: string | number): string {
    const text = String(boot);
    return /^order=/.test(text) && !text.includes(EMPTY_CD) ? `${text};${EMPTY_CD}` : text;
}

/**
 * The settings of a VM whose template nobody knows any more, where PVE's own defaults would say too little: it boots from its
 * system disk, and its identities are as they are.
 */
export function withoutTemplate({ vmgenid, smbios1 }: Settings): Settings {
    return { boot: `order=scsi0;${EMPTY_CD}`, ...(vmgenid && { vmgenid }), ...(smbios1 && { smbios1 }) };
}
