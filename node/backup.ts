import { Refusal } from "../definitions/refusal";
import type { NodeClient } from "./client";
import { failureOf } from "./task";

/** A backup that did not end well; the message names the VM and says what PVE's log ends with. */
export class BackupError extends Refusal {}

/**
 * Backs one VM up with vzdump, in mode snapshot, and waits for it however long it takes.
 *
 * @param to.why stands in its notes, behind the VM's name.
 * @throws BackupError where PVE's task fails; NodeError where the node refuses it.
 */
export async function backUpVm(
    client: NodeClient,
    { vmid, node }: { readonly vmid: number; readonly node: string },
    { storage, tenant, why }: { readonly storage: string; readonly tenant: string; readonly why: string },
): Promise<void> {
    const notes = `${tenant}: {{guestname}}, ${why}`;
    const upid = await client.post<string>(`/nodes/${node}/vzdump`, {
        vmid: String(vmid),
        storage,
        mode: "snapshot",
        compress: "zstd",
        "notes-template": notes,
    });
    const failure = await failureOf(client, node, upid);
    if (failure !== undefined) {
        throw new BackupError(`VM ${vmid} on node ${node}: ${failure}`);
    }
}
