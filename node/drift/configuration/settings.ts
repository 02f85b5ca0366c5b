import type { Settings } from "../../inventory";
import { propertiesIn, type SettingProperties } from "../../nics";

/**
 * The settings of a VM as PVE keeps them, in a form that compares: what is written out as the default is the same as what is
 * left out, and properties have no order. All of it is qemu-server 8.4.10, src/PVE/QemuServer.pm: `$confdesc` (269),
 * `$confdesc_cloudinit` (788), `$net_fmt` (898) and src/PVE/QemuServer/Drive.pm; 9.2.6 has `allow-ksm` and the agent's
 * `freeze-fs` beside them.
 */

/** Kinds of settings that come numbered. */
export const NIC = /^net\d+$/;
export const DRIVE = /^(scsi|virtio|sata|ide|efidisk|tpmstate)\d+$/;

/** Drives whose loss is that of boot entries or keys, which nothing brings back. */
export const KEYS_OF_A_VM = /^(efidisk|tpmstate)\d+$/;

/**
 * Settings that PVE writes by itself, so that they say nothing of what a person did: the digest of the file; what a
 * snapshot and a hibernation leave (`$confdesc`: parent, snaptime, vmstate, running…); who made the VM, and when
 * (src/PVE/QemuServer/MetaInfo.pm); and the lock, which is told as the VM's state. Disks that were detached are their
 * owner's to keep, and a disk that is taken out of its file leaves one.
 */
const OF_PVE = /^(digest|lock|meta|parent|snaptime|snapstate|vmstate|running(machine|cpu|-nets-host-mtu)|unused\d+)$/;

export function isOfPve(key: string): boolean {
    return OF_PVE.test(key);
}

/** Values that settings have where they are left out. */
const DEFAULTS: Readonly<Record<string, string>> = {
    ...{
        acpi: "1",
        "allow-ksm": "1",
        autostart: "0",
        bios: "seabios",
        ciupgrade: "1",
        cores: "1",
        cpulimit: "0",
        freeze: "0",
    },
    ...{ hotplug: "network,disk,usb", keephugepages: "0", kvm: "1", localtime: "0", migrate_downtime: "0.1" },
    ...{ migrate_speed: "0", numa: "0", onboot: "0", ostype: "other", protection: "0", reboot: "1", scsihw: "lsi" },
    ...{ shares: "1000", sockets: "1", smp: "1", startdate: "now", tablet: "1", tdf: "0", template: "0", vcpus: "0" },
};

/** Properties that are as good as left out, by the kind of setting. */
const PROPERTY_DEFAULTS: Readonly<Record<string, SettingProperties>> = {
    net: { firewall: "0", link_down: "0" },
    drive: {
        ...{ aio: "io_uring", backup: "1", cache: "none", discard: "ignore", iothread: "0", media: "disk" },
        ...{ replicate: "1", ro: "0", shared: "0", snapshot: "0", ssd: "0", "pre-enrolled-keys": "0" },
    },
    hostpci: { pcie: "0", rombar: "1", "x-vga": "0", "legacy-igd": "0" },
    usb: { usb3: "0" },
    agent: { enabled: "0", fstrim_cloned_disks: "0", "freeze-fs": "1", "freeze-fs-on-backup": "1", type: "virtio" },
};

/** Property that begins a setting's text without its name, by the kind of setting. */
const FIRST: Readonly<Record<string, string>> = {
    ...{ net: "model", drive: "file", agent: "enabled", cpu: "cputype", memory: "current", vga: "type" },
    ...{ machine: "type", hostpci: "host", usb: "host", watchdog: "model", virtiofs: "dirid" },
};

/** Kind of a setting: a drive, or its name without a number. */
function kindOf(key: string): string {
    return DRIVE.test(key) ? "drive" : key.replace(/\d+$/, "");
}

/** Texts that are lists or properties, of which order says nothing. */
const IN_PROPERTIES =
    /^(net|drive|agent|cpu|memory|vga|machine|hostpci|usb|watchdog|virtiofs|ipconfig|startup|numa|cicustom)$/;

/**
 * Properties of a setting in a form that compares. A plain value has one without a name; one that is left out, or is as good
 * as that, has none.
 */
export function propertiesOf(key: string, value: string | number | undefined): SettingProperties {
    const text = plain(key, value);
    if (text === "" || text === DEFAULTS[key]) {
        return {};
    }
    const kind = kindOf(key);
    if (!IN_PROPERTIES.test(kind)) {
        return { "": text };
    }
    const properties = kind === "net" ? nicProperties(text) : propertiesIn(text, FIRST[kind] ?? "");
    const defaults = PROPERTY_DEFAULTS[kind] ?? {};
    return Object.fromEntries(Object.entries(properties).filter(([name, one]) => defaults[name] !== one));
}

/** A value as text that compares; empty for one that is left out. */
function plain(key: string, value: string | number | undefined): string {
    const text = value === undefined ? "" : String(value).trim();
    switch (key) {
        case "tags":
            return text
                .toLowerCase()
                .split(/[;, ]+/)
                .filter(Boolean)
                .sort()
                .join(";");
        case "sshkeys":
            return decoded(text)
                .split("\n")
                .map((line) => line.trim())
                .filter(Boolean)
                .join("\n");
        case "hotplug":
            // PVE's own words for all that it hot-plugs by default, and for nothing.
            return text === "1"
                ? DEFAULTS["hotplug"]!
                : text.split(",").sort().join(",") === "disk,network,usb"
                  ? DEFAULTS["hotplug"]!
                  : text;
        case "smbios1":
            // The UUID is made anew with each clone.
            return text
                .split(",")
                .filter((part) => !part.startsWith("uuid="))
                .sort()
                .join(",");
        case "vmgenid":
            // So is the generation: whether a VM has one is the template's to say.
            return text === "" || text === "0" ? "" : "there";
        default:
            return text;
    }
}

function decoded(text: string): string {
    try {
        return decodeURIComponent(text);
    } catch {
        return text;
    }
}

/** Properties of a NIC; its MAC stands behind its model: `virtio=02:DE:…`. */
function nicProperties(text: string): SettingProperties {
    const pairs = Object.entries(propertiesIn(text, "model")).flatMap(([name, value]): [string, string][] =>
        /^([\da-f]{2}:){5}[\da-f]{2}$/i.test(value) && name !== "macaddr"
            ? [
                  ["model", name],
                  ["macaddr", value.toLowerCase()],
              ]
            : [[name, name === "macaddr" ? value.toLowerCase() : value]],
    );
    return Object.fromEntries(pairs);
}

/** Whether a drive holds no data of the VM's: a CD, or cloud-init's. */
export function isCd(value: string | number): boolean {
    return /\bmedia=cdrom\b/.test(String(value)) || isCloudInit(value);
}

/** Whether a drive is cloud-init's, which is made anew whenever it is missing. */
export function isCloudInit(value: string | number): boolean {
    return /^[^,]*[:/](vm-\d+-)?cloudinit\b/.test(String(value));
}

/** A setting of a VM, or undefined. */
export function settingIn(settings: Settings, key: string): string | number | undefined {
    const value = settings[key];
    return value === undefined || String(value) === "" ? undefined : value;
}
