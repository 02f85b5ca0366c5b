import { listField } from "../../substrate/findings";
import type { WorkloadVm } from "../../substrate/substrate";
import type { Inventory, Settings } from "../inventory";
import { vmFinding, type Named, type NodeFinding, type NodeView } from "./view";

/**
 * Differences that the provider does not read back, so that no preview tells of them and no up mends them: an option of a VM's
 * firewall that was deleted, and a disk or a setting that nobody declared.
 */
export function unseenFindings({ vms }: NodeView, { configs, firewalls }: Inventory): NodeFinding[] {
    return [...configs].flatMap(([vmid, config]) => {
        const named = vms.get(vmid)!;
        return [...optionFindings(named, firewalls.get(vmid)!), ...settingFindings(named, named.vm!, config)];
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

/** One finding, however many are gone: with the firewall's file they all are. */
function optionFindings(named: Named, options: Settings): NodeFinding[] {
    const gone = Object.entries(OPTIONS).filter(([key]) => options[key] === undefined);
    if (gone.length === 0) {
        return [];
    }
    const flags = gone.map(([key, value]) => `--${key} ${value}`).join(" ");
    const command = `pvesh set /nodes/${named.node}/qemu/${named.vmid}/firewall/options ${flags}`;
    const declared = Object.fromEntries(gone);
    return [vmFinding(named, { field: "firewall.options", declared, settle: { by: "command", command } })];
}

/** Drives that every VM of a tenant has: the system disk, the cloud-init drive and the empty CD drive. */
const DRIVES = ["scsi0", "ide2", "ide3"];

const DRIVE = /^(scsi|virtio|sata|ide|efidisk|tpmstate)\d+$/;

/** Settings that no tenant's VM has. */
const SETTINGS = /^(hookscript|args)$/;

function settingFindings(named: Named, vm: WorkloadVm, config: Settings): NodeFinding[] {
    const declared = [...DRIVES, ...vm.extraDisks.map((disk) => disk.interface)];
    return Object.entries(config)
        .filter(([key]) => SETTINGS.test(key) || (DRIVE.test(key) && !declared.includes(key)))
        .map(([key, found]) => {
            const field = DRIVE.test(key) ? listField({ list: "disks", element: key }) : key;
            const settle = { by: "command", command: `qm set ${named.vmid} --delete ${key}` } as const;
            return vmFinding(named, { field, found, settle, task: "config" });
        });
}
