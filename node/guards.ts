import { heldBy } from "./guestState";
import type { Settings } from "./inventory";

/** Whether PVE refuses to delete a VM and to take a disk out of it. */
export function isProtected(config: Settings = {}): boolean {
    return Number(config["protection"] ?? 0) === 1;
}

/**
 * Reasons why PVE would refuse to delete a VM, each with the command that mends it, for root on the node: it looks at them only
 * once the VM is stopped.
 *
 * @param config settings of the VM on its node; missing for one that is not there.
 */
export function guardsIn(vmid: number, config: Settings = {}): string[] {
    const lock = config["lock"] === undefined ? undefined : String(config["lock"]);
    const held = lock === undefined ? undefined : heldBy({ vmid, status: "stopped", lock });
    const mend = held?.byTask === true ? "wait for that task to end; where none runs any more" : "it is hibernated";
    return [
        ...(isProtected(config)
            ? [`PVE protects VM ${vmid} (protection: true in its file, or by hand): qm set ${vmid} --protection 0`]
            : []),
        ...(held === undefined ? [] : [`VM ${vmid} is locked (${lock}); ${mend}: ${held.command}`]),
    ];
}
