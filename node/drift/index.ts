import type { PreviewStep } from "../../state/preview/client";
import type { Finding } from "../../substrate/findings";
import type { Substrate } from "../../substrate/substrate";
import { heldBy } from "../guestState";
import type { Inventory, Task } from "../inventory";
import { undeclaredGuests } from "./guests";
import { resourceFindings } from "./resources";
import { siteFindings } from "./site";
import { unseenFindings } from "./unseen";
import { TASKS, viewOf, vmFinding, type NodeFinding, type NodeView } from "./view";

export { notLookedAt } from "./site";

/**
 * Everything in which the nodes differ from what the tenants' files say; guests on them that are in the tenants' ranges or
 * segments and in no file; and walls of the node that are not as tenants' need them. In no order.
 *
 * @param steps those of a preview of what is on the nodes, after a refresh, with what stays as it is.
 * @param inventories of each node, with what the preview does not tell of.
 * @param own the program's token, as user!name.
 */
export function nodeDrift(
    substrate: Substrate,
    steps: readonly PreviewStep[],
    inventories: readonly Inventory[],
    own: string,
): Finding[] {
    const view = viewOf(substrate);
    const states = inventories.flatMap((one) => stateFindings(view, one));
    const held = new Set(states.map(({ subject }) => subject.id));
    const changes = resourceFindings(view, steps)
        .map((finding) => withGuest(finding, inventories))
        // A VM that is hibernated is stopped, and no up may start it.
        .filter(({ subject, field }) => field !== "started" || !held.has(subject.id));
    // A VM that is to be made has nothing else that differs.
    const whole = new Set(changes.filter(isWholeVm).map(({ subject }) => Number(subject.id)));
    const ofVms = [...states, ...inventories.flatMap((one) => unseenFindings(view, one, { steps, changes }))];
    const others = inventories.flatMap((one) => [...undeclaredGuests(view, one, whole), ...siteFindings(view, one)]);
    const all = [...changes, ...ofVms.filter(({ subject }) => !whole.has(Number(subject.id))), ...others];
    return dated(
        all,
        inventories.flatMap(({ tasks }) => tasks),
        own,
    );
}

/** VMs that neither simply run nor are stopped, each with what ends it. */
function stateFindings({ vms }: NodeView, { guests }: Inventory): NodeFinding[] {
    return [...vms.values()].flatMap((named) => {
        const guest = guests.get(named.vmid);
        const held = guest && heldBy(guest);
        if (held === undefined || guest?.type !== "qemu") {
            return [];
        }
        const { state: found, command, byTask } = held;
        const settle = { by: byTask ? "task" : "command", command } as const;
        return [vmFinding(named, { field: "state", declared: "running", found, settle, task: "power" })];
    });
}

function isWholeVm({ subject, field }: NodeFinding): boolean {
    return subject.kind === "vm" && field === undefined;
}

/**
 * A VM that is missing in the state, but whose VMID a guest has, is not gone: what is found is that guest's name. A container
 * is none of ours, whatever it is called.
 */
function withGuest(finding: NodeFinding, inventories: readonly Inventory[]): NodeFinding {
    const missing = isWholeVm(finding) && finding.declared !== undefined;
    const guests = missing ? inventories.map((one) => one.guests.get(Number(finding.subject.id))) : [];
    const guest = guests.find((one) => one !== undefined);
    if (guest === undefined) {
        return finding;
    }
    const container = guest.type === "lxc";
    const found = container ? `${guest.name} (container)` : guest.name;
    return { ...finding, found, settle: { by: container ? "vmid" : "recover" } };
}

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
