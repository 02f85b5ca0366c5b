import type { Settings } from "./inventory";

/** Whether PVE refuses to delete a VM and to take a disk out of it. */
export function isProtected(config: Settings = {}): boolean {
    return Number(config["protection"] ?? 0) === 1;
}

/** Locks of PVE that end by themselves, with the task that took them. */
const PASSING = ["backup", "clone", "create", "snapshot", "rollback", "snapshot-delete", "migrate", "suspending"];

/**
 * Reasons why PVE would refuse to delete a VM, each with the command that mends it, for root on the node: it looks at them only
 * once the VM is stopped.
 *
 * @param config settings of the VM on its node; missing for one that is not there.
 */
export function guardsIn(vmid: number, config: Settings = {}): string[] {
    const lock = config["lock"];
    const mend =
        lock === "suspended"
            ? `it is hibernated: qm resume ${vmid}`
            : PASSING.includes(String(lock))
              ? `wait for that task to end; where none runs any more: qm unlock ${vmid}`
              : `qm unlock ${vmid}`;
    return [
        ...(isProtected(config)
            ? [`PVE protects VM ${vmid} (protection: true in its file, or by hand): qm set ${vmid} --protection 0`]
            : []),
        ...(lock === undefined ? [] : [`VM ${vmid} is locked (${String(lock)}); ${mend}`]),
    ];
}
