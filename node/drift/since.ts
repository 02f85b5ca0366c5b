import type { Finding } from "../../substrate/findings";
import type { Task } from "../inventory";
import { TASKS, type NodeFinding } from "./view";

/**
 * Findings with when and by whom, where PVE's task log knows: the last task of that kind on that VM that ended well. A task of
 * the program's own token says that the change came after it without a task, so that nobody is named.
 *
 * @param own the program's token, as user!name.
 */
export function dated(findings: readonly NodeFinding[], tasks: readonly Task[], own: string): Finding[] {
    return findings.map(({ task: kind, ...finding }) => {
        if (kind === undefined) {
            return finding;
        }
        const types: readonly string[] = TASKS[kind];
        const fitting = tasks.filter(({ id, type, status }) => {
            return (
                id === finding.subject.id && types.includes(type) && (status === "OK" || status?.startsWith("WARNINGS"))
            );
        });
        const last = fitting.sort((a, b) => b.starttime - a.starttime)[0];
        return last === undefined || last.user === own
            ? finding
            : { ...finding, since: new Date(last.starttime * 1000).toISOString(), who: last.user };
    });
}
