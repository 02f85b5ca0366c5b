import type { NodeClient } from "./client";
import { poll } from "./poll";

/** Lines of a failed task's log that are told. */
const LAST_LINES = 3;

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

/**
 * Waits for a task of a node as endOf does.
 *
 * @returns how it failed and what its log ends with; undefined where it did well.
 * @throws NodeError where the node cannot be asked.
 */
export async function failureOf(client: NodeClient, node: string, upid: string): Promise<string | undefined> {
    const exit = await endOf(client, node, upid);
    if (exit === undefined) {
        return undefined;
    }
    const task = `/nodes/${node}/tasks/${encodeURIComponent(upid)}`;
    const log = await client.get<{ t: string }[]>(`${task}/log?limit=500`);
    const last = log.slice(-LAST_LINES).map(({ t }) => t);
    return `${exit}; the log ends with: ${last.join(" / ")}`;
}
