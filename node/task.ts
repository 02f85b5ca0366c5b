import type { NodeClient } from "./client";
import { poll } from "./poll";

/** How long after one another a running task is asked for, in milliseconds. */
const POLL_MS = 1000;

interface TaskStatus {
    readonly status: "running" | "stopped";
    readonly exitstatus?: string;
}

/**
 * Waits for a task of a node, however long it takes.
 *
 * @param everyMs pause between two questions.
 * @returns how it failed, in PVE's words; undefined where it did well, be it with warnings.
 * @throws NodeError where the node cannot be asked.
 */
export async function endOf(
    client: NodeClient,
    node: string,
    upid: string,
    everyMs = POLL_MS,
): Promise<string | undefined> {
    const task = `/nodes/${node}/tasks/${encodeURIComponent(upid)}/status`;
    const ended = async () => {
        const { status, exitstatus = "" } = await client.get<TaskStatus>(task);
        return status === "stopped" ? exitstatus : undefined;
    };
    const exit = (await poll(ended, everyMs))!;
    return exit === "OK" || exit.startsWith("WARNINGS") ? undefined : exit;
}
