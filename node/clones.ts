import type { NodeClient } from "./client";

/** A task in GET /nodes/{node}/tasks. */
interface Task {
    readonly upid: string;
    readonly type: string;
    /** The thing that it is about: a VMID, here. */
    readonly id: string;
    /** Missing while the task runs. */
    readonly endtime?: number;
}

/** Lines of a task's log that are read: one for each percent of each disk, and few others. */
const LINES = 5000;

/**
 * How far the full clones are that a node makes now, in percent of the disk that is copied, by VMID of the VM that comes of
 * it. The task is the template's: which VM it makes, and how far it is, stands in its log alone.
 *
 * @throws NodeError where the node cannot be asked.
 */
export async function clonesUnderWay(client: NodeClient, node: string): Promise<ReadonlyMap<number, number>> {
    const tasks = await client.get<Task[]>(`/nodes/${node}/tasks?source=active&typefilter=qmclone`);
    const running = tasks.filter(({ type, endtime }) => type === "qmclone" && endtime === undefined);
    const told = await Promise.all(
        running.map(async ({ upid }) => {
            const path = `/nodes/${node}/tasks/${encodeURIComponent(upid)}/log?limit=${LINES}`;
            return progressIn((await client.get<{ t: string }[]>(path)).map(({ t }) => t));
        }),
    );
    return new Map(told.filter((progress) => progress !== undefined));
}

/** VMID of the VM that a clone makes, by the volume that was made last, and how far that is copied. */
export function progressIn(log: readonly string[]): [vmid: number, percent: number] | undefined {
    const last = (pattern: RegExp) => log.flatMap((line) => pattern.exec(line)?.[1] ?? []).at(-1);
    const vmid = last(/\bvm-(\d+)-/);
    const percent = last(/^transferred .* \((\d+(?:\.\d+)?)%\)/);
    return vmid === undefined || percent === undefined ? undefined : [Number(vmid), Math.floor(Number(percent))];
}

/**
 * VMIDs of the guests whose shutdown a node waits for now.
 *
 * @throws NodeError where the node cannot be asked.
 */
export async function shutdownsUnderWay(client: NodeClient, node: string): Promise<readonly number[]> {
    const tasks = await client.get<Task[]>(`/nodes/${node}/tasks?source=active`);
    const kinds = ["qmshutdown", "qmreboot"];
    return tasks
        .filter(({ type, endtime }) => kinds.includes(type) && endtime === undefined)
        .map(({ id }) => Number(id));
}
