import type { WorkloadVm } from "../../substrate/substrate";
import type { Inventory, Settings } from "../inventory";
import { text, vmRow, type Named, type NodeRow, type NodeView } from "./view";

/**
 * What the provider does not read back, so that no preview tells of it and no up mends it: an option of a VM's firewall
 * that was deleted, and a disk or a setting that nobody declared.
 */
export function unseenRows({ vms }: NodeView, { configs, firewalls }: Inventory): NodeRow[] {
    return [...configs].flatMap(([vmid, config]) => {
        const named = vms.get(vmid)!;
        return [...firewallRows(named, firewalls.get(vmid)!), ...settingRows(named, named.vm!, config)];
    });
}

/** Options that every VM of a tenant has, by PVE's names, but those that PVE takes for granted where they are missing. */
const OPTIONS: Readonly<Record<string, string>> = {
    enable: "1",
    dhcp: "1",
    macfilter: "1",
    ndp: "1",
    policy_in: "DROP",
};

/** One row, however many are gone: with the firewall's file they all are. */
function firewallRows(named: Named, options: Settings): NodeRow[] {
    const gone = Object.keys(OPTIONS).filter((key) => options[key] === undefined);
    if (gone.length === 0) {
        return [];
    }
    const flags = gone.map((key) => `--${key} ${OPTIONS[key]}`).join(" ");
    const settle = `by hand, on the node: pvesh set /nodes/${named.node}/qemu/${named.vmid}/firewall/options ${flags}`;
    const declared = gone.map((key) => `${key} ${OPTIONS[key]}`).join(", ");
    return [vmRow(named, "firewall options", { declared, settle })];
}

/** Drives that every VM of a tenant has: the system disk, the cloud-init drive and the empty CD drive. */
const DRIVES = ["scsi0", "ide2", "ide3"];

const DRIVE = /^(scsi|virtio|sata|ide|efidisk|tpmstate)\d+$/;

/** Settings that no tenant's VM has. */
const SETTINGS = /^(hookscript|args)$/;

function settingRows(named: Named, vm: WorkloadVm, config: Settings): NodeRow[] {
    const declared = [...DRIVES, ...vm.extraDisks.map((disk) => disk.interface)];
    return Object.entries(config)
        .filter(([key]) => SETTINGS.test(key) || (DRIVE.test(key) && !declared.includes(key)))
        .map(([key, value]) => {
            const what = DRIVE.test(key) ? `disk ${key}` : key;
            const settle = `by hand, on the node: qm set ${named.vmid} --delete ${key}`;
            return vmRow(named, what, { found: text(value), settle }, "config");
        });
}
