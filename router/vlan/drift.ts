import type { Finding } from "../../substrate/findings";
import { finding, MENU, type About, type RouterView } from "../drift/view";
import { carrierOf, deviceOf, vlanRow } from "../inventory";
import { text } from "../rows";

/** Drift of the tenant's VLAN: its device, and the interface that a person assigned it to. */
export function vlanFindings(view: RouterView): Finding[] {
    const { tag, parent, gatewayCidr } = view.records.vlan;
    const about: About = { kind: "vlan", id: String(tag) };
    const device = vlanRow(view.inventory, parent, tag);
    if (device === undefined) {
        const other = view.inventory.vlans.find((row) => text(row, "tag") === String(tag));
        return [finding(view, about, { declared: parent, ...(other && { found: text(other, "if") }) })];
    }
    const carrier = carrierOf(view.inventory, device);
    if (carrier?.enabled === true && carrier.address === gatewayCidr) {
        return [];
    }
    const { identifier, enabled, address } = carrier ?? {};
    return [
        finding(
            view,
            { ...about, name: deviceOf(device) },
            {
                field: "interface",
                declared: gatewayCidr,
                ...(carrier && { found: { identifier, enabled, address } }),
                settle: { by: "menu", menu: MENU.assignment },
            },
        ),
    ];
}
