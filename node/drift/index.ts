import type { DriftRow } from "../../report/drift";
import type { Substrate } from "../../substrate/substrate";
import type { Inventory } from "../inventory";
import type { PreviewStep } from "../../state/preview";
import { resourceRows } from "./resources";
import { dated } from "./since";
import { undeclaredRows } from "./undeclared";
import { unseenRows } from "./unseen";
import { text, viewOf, vmText, type NodeRow, type NodeView } from "./view";

/**
 * Everything in which the nodes differ from what the tenants' files say, and the guests on them that are in the tenants'
 * ranges and in no file.
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
): DriftRow[] {
    const view = viewOf(substrate);
    const rows = resourceRows(view, steps).map((row) => withGuest(view, row, inventories));
    // A VM that is to be made has nothing else that differs.
    const whole = new Set(rows.filter((row) => isWhole(view, row)).map(({ vmid }) => vmid!));
    const unseen = inventories.flatMap((one) => unseenRows(view, one)).filter(({ vmid }) => !whole.has(vmid!));
    const undeclared = inventories.flatMap((one) => undeclaredRows(view, one, whole));
    const all = [...rows, ...unseen, ...undeclared];
    return dated(
        // A preview's steps come in any order.
        all.sort((a, b) => (a.what < b.what ? -1 : 1)),
        inventories.flatMap(({ tasks }) => tasks),
        own,
    );
}

function isWhole({ vms }: NodeView, { vmid, what }: NodeRow): boolean {
    return vmid !== undefined && !what.startsWith(`${vmText(vms.get(vmid) ?? { vmid, name: "" })}:`);
}

/** A VM that is missing in the state, but whose VMID a guest has, is not gone. */
function withGuest(view: NodeView, row: NodeRow, inventories: readonly Inventory[]): NodeRow {
    const guests = inventories.flatMap((one) => [...one.guests.values()]);
    const guest = guests.find(({ vmid }) => isWhole(view, row) && row.declared !== "none" && vmid === row.vmid);
    if (guest === undefined) {
        return row;
    }
    const settle = `tenants recover ${view.substrate.name}, where it is ours; else by hand, on the node: another VMID`;
    return { ...row, found: `${text(guest.name)}, which the state does not have`, settle };
}
