import type { DriftRow } from "../../report/drift";
import type { Task } from "../inventory";
import { TASKS, type NodeRow } from "./view";

/**
 * Rows with when and by whom, where PVE's task log knows: the last task of that kind on that VM that ended well. A task of
 * the program's own token says that the change came after it without a task, so that nobody is named.
 *
 * @param own the program's token, as user!name.
 */
export function dated(rows: readonly NodeRow[], tasks: readonly Task[], own: string): DriftRow[] {
    return rows.map(({ vmid, task: kind, ...row }) => {
        if (vmid === undefined || kind === undefined) {
            return row;
        }
        const types: readonly string[] = TASKS[kind];
        const fitting = tasks.filter(({ id, type, status }) => {
            return id === String(vmid) && types.includes(type) && (status === "OK" || status?.startsWith("WARNINGS"));
        });
        const last = fitting.sort((a, b) => b.starttime - a.starttime)[0];
        return last === undefined || last.user === own
            ? row
            : { ...row, since: new Date(last.starttime * 1000).toISOString(), who: last.user };
    });
}
