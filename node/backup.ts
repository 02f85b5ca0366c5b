import { Refusal } from "../definitions/refusal";
import type { NodeClient } from "./client";
import { endOf } from "./task";

/** A backup that did not end well; the message names the VM and says what PVE's log ends with. */
export class BackupError extends Refusal {}

/** Lines of a failed task's log that are told. */
const LAST_LINES = 3;

/**
 * Backs one VM up with vzdump, in mode snapshot, and waits for it however long it takes.
 *
 * @throws BackupError where PVE's task fails; NodeError where the node refuses it.
 */
export async function backUpVm(
    client: NodeClient,
    { vmid, node }: { readonly vmid: number; readonly node: string },
    { storage, tenant }: { readonly storage: string; readonly tenant: string },
): Promise<void> {
    const notes = `${tenant}: {{guestname}}, before its teardown`;
    const upid = await client.post<string>(`/nodes/${node}/vzdump`, {
        vmid: String(vmid),
        storage,
        mode: "snapshot",
        compress: "zstd",
        "notes-template": notes,
    });
    const exit = await endOf(client, node, upid);
    if (exit !== undefined) {
        const task = `/nodes/${node}/tasks/${encodeURIComponent(upid)}`;
        const log = await client.get<{ t: string }[]>(`${task}/log?limit=500`);
        const last = log.slice(-LAST_LINES).map(({ t }) => t);
        throw new BackupError(`VM ${vmid} on node ${node}: ${exit}; the log ends with: ${last.join(" / ")}`);
    }
}
