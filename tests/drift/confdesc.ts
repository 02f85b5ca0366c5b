/** One change of a VM's settings by hand: values to set, and settings to delete. */
export interface SettingChange {
    readonly set?: Readonly<Record<string, string>>;
    readonly delete?: string;
}

const KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHandHandHandHandHandHandHandHandHandHandHan x";

/**
 * A change by hand of each setting that a VM can have: all of qemu-server 8.4.10's `$confdesc` and `$confdesc_cloudinit`
 * (src/PVE/QemuServer.pm:269, 788), one number of each that comes numbered, and each property of a NIC and of a drive. Left
 * out is what PVE writes by itself (node/drift/configuration/settings.ts) and what its API lets nobody set.
 *
 * @param net0 the NIC as it is, and scsi0 the system disk.
 */
export function changesOfSettings(net0: string, scsi0: string): SettingChange[] {
    const single = {
        ...{ acpi: "0", affinity: "0-1", agent: "0", "amd-sev": "type=std", arch: "aarch64", args: "-no-reboot" },
        ...{ audio0: "device=AC97", autostart: "1", balloon: "256", bios: "ovmf", boot: "order=net0" },
        ...{ cicustom: "user=local:snippets/user.yml", cipassword: "secret", citype: "configdrive2", ciupgrade: "1" },
        ...{ ciuser: "mallory", cores: "1", cpu: "kvm64", cpulimit: "1", cpuunits: "2000", description: "mine" },
        ...{ efidisk0: "local-lvm:1", freeze: "1", hookscript: "local:snippets/x.pl", hostpci0: "0000:00:02.0" },
        ...{ hotplug: "0", hugepages: "any", ide0: "none,media=cdrom", ipconfig0: "ip=10.20.50.77/24,gw=10.20.50.1" },
        ...{ ipconfig1: "ip=dhcp", ivshmem: "size=32", keephugepages: "1", keyboard: "de", kvm: "0", localtime: "1" },
        ...{ machine: "q35", memory: "777", migrate_downtime: "1", migrate_speed: "100", name: "other" },
        ...{ nameserver: "192.0.2.1", net1: "virtio,bridge=vmbr0,tag=51", numa: "1", numa0: "cpus=0,memory=512" },
        ...{ onboot: "0", ostype: "win11", parallel0: "/dev/parport0", protection: "1", reboot: "0" },
        ...{ rng0: "source=/dev/urandom", sata0: "local-lvm:1", scsi5: "local-lvm:1", scsihw: "lsi" },
        ...{ searchdomain: "example.org", serial0: "/dev/ttyS0", serial1: "socket", shares: "500", sockets: "2" },
        ...{ spice_enhancements: "videostreaming=all", sshkeys: encodeURIComponent(KEY), smp: "2" },
        ...{ smbios1: "manufacturer=YWNtZQ==,base64=1", startdate: "2020-01-01", startup: "order=3", tablet: "0" },
        ...{ tags: "mine", tdf: "1", tpmstate0: "local-lvm:1,version=v2.0", usb0: "host=1234:5678", vcpus: "1" },
        ...{ vga: "qxl", virtio0: "local-lvm:1", virtiofs0: "dirid=share", vmgenid: "0", vmstatestorage: "local" },
        watchdog: "model=i6300esb",
    };
    const nic = {
        ...{ trunks: "10;99", link_down: "1", rate: "2", queues: "4", mtu: "1400", firewall: "0", tag: "51" },
    };
    const drive = {
        ...{ aio: "native", backup: "0", cache: "writeback", detect_zeroes: "0", discard: "on", iops: "100" },
        ...{ iothread: "1", mbps_rd: "5", replicate: "0", ro: "1", serial: "abc", ssd: "1" },
    };
    return [
        ...Object.entries(single).map(([key, value]) => ({ set: { [key]: value } })),
        ...Object.entries(nic).map(([name, value]) => ({ set: { net0: withProperty(net0, name, value) } })),
        { set: { net0: net0.replace(/^virtio=/, "e1000=") } },
        { set: { net0: net0.replace(/=([\dA-F]{2}):/, "=0A:") } },
        { set: { net0: net0.replace("bridge=vmbr0", "bridge=vmbr1") } },
        ...Object.entries(drive).map(([name, value]) => ({ set: { scsi0: withProperty(scsi0, name, value) } })),
        ...["ide2", "ide3", "net0", "serial0", "agent", "description", "tags", "boot", "ipconfig0"].map((key) => ({
            delete: key,
        })),
    ];
}

/** The same of what came with PVE 9 (`$confdesc`, `$net_fmt` and the agent's format of qemu-server 9.2.6). */
export function changesOfPve9(net0: string): SettingChange[] {
    return [
        { set: { "allow-ksm": "0" } },
        { set: { "intel-tdx": "type=tdx" } },
        { set: { agent: "1,freeze-fs=0" } },
        { set: { net0: withProperty(net0, "host-tunnel", "1") } },
    ];
}

function withProperty(text: string, name: string, value: string): string {
    const others = text.split(",").filter((part) => !part.startsWith(`${name}=`));
    return [...others, `${name}=${value}`].join(",");
}
