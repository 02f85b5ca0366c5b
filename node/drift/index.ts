import type { PreviewStep } from "../../state/preview";
import type { Finding } from "../../substrate/findings";
import type { Substrate } from "../../substrate/substrate";
import type { Inventory } from "../inventory";
import { resourceFindings } from "./resources";
import { dated } from "./since";
import { undeclaredGuests } from "./undeclared";
import { unseenFindings } from "./unseen";
import { viewOf, type NodeFinding } from "./view";

/**
 * Everything in which the nodes differ from what the tenants' files say, and the guests on them that are in the tenants'
 * ranges and in no file; in no order.
 *
 * @param steps what a preview of what is on the nodes would change, after a refresh.
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
    const changes = resourceFindings(view, steps).map((finding) => withGuest(finding, inventories));
    // A VM that is to be made has nothing else that differs.
    const whole = new Set(changes.filter(isWholeVm).map(({ subject }) => Number(subject.id)));
    const unseen = inventories.flatMap((one) => unseenFindings(view, one));
    const undeclared = inventories.flatMap((one) => undeclaredGuests(view, one, whole));
    const all = [...changes, ...unseen.filter(({ subject }) => !whole.has(Number(subject.id))), ...undeclared];
    return dated(
        all,
        inventories.flatMap(({ tasks }) => tasks),
        own,
    );
}

function isWholeVm({ subject, field }: NodeFinding): boolean {
    return subject.kind === "vm" && field === undefined;
}

/** A VM that is missing in the state, but whose VMID a guest has, is not gone: what is found is that guest's name. */
function withGuest(finding: NodeFinding, inventories: readonly Inventory[]): NodeFinding {
    const missing = isWholeVm(finding) && finding.declared !== undefined;
    const guests = missing ? inventories.map((one) => one.guests.get(Number(finding.subject.id))) : [];
    const guest = guests.find((one) => one !== undefined);
    return guest === undefined ? finding : { ...finding, found: guest.name, settle: { by: "recover" } };
}
