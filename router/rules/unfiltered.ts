import type { Finding, Value } from "../../substrate/findings";
import { networkOf, overlaps, type Range } from "../../substrate/network";
import type { Row } from "../client";
import { MENU, rowFinding, type RouterView } from "../drift/view";
import { endOf, isSet, text } from "../rows";
import { applies, isFor } from "./filter";
import { addressesIn, isNamed } from "./words";

/**
 * Rules on a tenant's interface that no packet of the wall's comparison meets: those that pass IPv6, of which a tenant has
 * none, and those that block what the router sends into the segment.
 *
 * @param own rows that are told elsewhere.
 */
export function unfilteredFindings(view: RouterView, on: string, own: ReadonlySet<Row>): Finding[] {
    const here = view.inventory.rules.filter((row) => !own.has(row) && applies(row, on, view.inventory));
    const ends = (row: Row): Value => ({
        source: endOf(row, "source_net", "source_port", "source_not"),
        destination: endOf(row, "destination_net", "destination_port", "destination_not"),
    });
    const told = (rows: readonly Row[], does: "ipv6" | "blocksInto") =>
        rows.map((row) => rowFinding(view, row, "rule", { [does]: ends(row) }, MENU.rules));
    return [
        ...told(
            here.filter((row) => passesIpv6(row, view)),
            "ipv6",
        ),
        ...told(
            here.filter((row) => blocksInto(row, view, on)),
            "blocksInto",
        ),
    ];
}

/** Whether a rule lets IPv6 in that a VM may send: its own networks are those of no other interface. */
function passesIpv6(row: Row, { inventory }: RouterView): boolean {
    const source = text(row, "source_net");
    const elsewhere =
        (source.includes(":") && !/^(fe[89ab]|::\/)/i.test(source)) ||
        inventory.interfaces.some(({ identifier }) => [identifier, `${identifier}ip`].includes(source));
    return text(row, "action") === "pass" && isFor(row, "in", "inet6") && (isSet(row, "source_not") || !elsewhere);
}

/** Whether a rule keeps IPv4 from a tenant's VMs that the router would send into its segment. */
function blocksInto(row: Row, { inventory, tenant }: RouterView, on: string): boolean {
    const subnet = networkOf(tenant.segment.subnet.cidr);
    const into = addressesIn(text(row, "destination_net"), inventory);
    return (
        text(row, "action") !== "pass" &&
        text(row, "direction") === "out" &&
        isFor(row, "out", "inet") &&
        // One for all interfaces is the site's own wall, as that around its guests.
        isNamed(row, on, inventory) &&
        (isSet(row, "destination_not") || reaches(into, subnet))
    );
}

/** Whether ranges have some of a network; those that cannot be told may. */
export function reaches(ranges: readonly Range[] | undefined, network: Range): boolean {
    return ranges === undefined || ranges.some((range) => overlaps(range, network));
}
