import type { Finding } from "../../substrate/findings";
import { covers, enclosingNetwork, networkOf, overlaps, type Range } from "../../substrate/network";
import type { Row } from "../client";
import { carrierOfVlan } from "../inventory";
import { endOf, isSet, text } from "../rows";
import { reaches } from "../rules/unfiltered";
import { addressesIn, interfacesOf, isNamed } from "../rules/words";
import { MENU, rowFinding, type RouterView } from "./view";

/**
 * NAT that touches a tenant, which no file declares: port forwards that send what its VMs say elsewhere or that lead into its
 * subnet, outbound NAT under which its VMs or others appear with another address inside the site, and one-to-one NAT of its
 * addresses. What OPNsense makes itself is left out.
 */
export function natFindings(view: RouterView): Finding[] {
    const { forwards, outbound, oneToOne } = view.inventory.doors;
    const counts = (row: Row) =>
        text(row, "enabled") !== "0" && !isSet(row, "disabled") && row["is_automatic"] !== true;
    return [
        ...forwards.filter((row) => counts(row) && forwardConcerns(row, view)).map((row) => forwardFinding(view, row)),
        ...outbound
            .filter((row) => counts(row) && outboundConcerns(row, view))
            .map((row) => outboundFinding(view, row)),
        ...oneToOne
            .filter((row) => counts(row) && oneToOneConcerns(row, view))
            .map((row) => oneToOneFinding(view, row)),
    ];
}

/**
 * Whether a port forward takes what a tenant's VMs send, or leads to one of them. One that passes lets it through before any
 * rule (`rdr pass`: Firewall/ForwardRule.php:105 of opnsense/core 26.7.2); one with reflection is on the inner interfaces, too.
 */
function forwardConcerns(row: Row, view: RouterView): boolean {
    const subnet = subnetOf(view);
    const here = isOnTenants(row, view) || interfacesOf(row).length === 0 || text(row, "natreflection") === "purenat";
    const from = addressesIn(text(row, "source.network"), view.inventory);
    const takes = here && (isSet(row, "source.not") || reaches(from, subnet));
    const target = addressesIn(text(row, "target") || "127.0.0.1", view.inventory);
    return !isSet(row, "nordr") && (takes || (target ?? []).some((range) => overlaps(range, subnet)));
}

/** Whether outbound NAT is of this tenant alone, or changes addresses inside the site; the way to the internet is everybody's. */
function outboundConcerns(row: Row, view: RouterView): boolean {
    const { inventory, substrate } = view;
    const subnet = subnetOf(view);
    const from = addressesIn(text(row, "source_net"), inventory);
    const not = isSet(row, "source_not");
    const segments = substrate.plan.segments.map(({ cidr }) => networkOf(cidr));
    const inside = inventory.interfaces.filter(({ address }) => {
        const network = enclosingNetwork(address);
        return network !== undefined && segments.some((segment) => overlaps(segment, network));
    });
    return (
        isOnTenants(row, view) ||
        (!not && from !== undefined && isOnly(from, subnet)) ||
        (inside.some(({ identifier }) => isNamed(row, identifier, inventory)) && (not || reaches(from, subnet)))
    );
}

function oneToOneConcerns(row: Row, view: RouterView): boolean {
    const subnet = subnetOf(view);
    const inner = addressesIn(text(row, "source_net") || "127.0.0.1", view.inventory);
    const outer = addressesIn(text(row, "external") || "127.0.0.1", view.inventory) ?? [];
    return isOnTenants(row, view) || reaches(inner, subnet) || outer.some((range) => overlaps(range, subnet));
}

function forwardFinding(view: RouterView, row: Row): Finding {
    const found = {
        on: onOf(row),
        protocol: text(row, "protocol") || "any",
        destination: endOf(row, "destination.network", "destination.port", "destination.not"),
        target: endOf(row, "target", "local-port", ""),
        passes: text(row, "pass") === "pass",
    };
    return rowFinding(view, row, "forward", found, MENU.forwards);
}

function outboundFinding(view: RouterView, row: Row): Finding {
    const found = {
        on: onOf(row),
        source: endOf(row, "source_net", "source_port", "source_not"),
        destination: endOf(row, "destination_net", "destination_port", "destination_not"),
        ...(!isSet(row, "nonat") && { as: text(row, "target") || "the interface's address" }),
    };
    return rowFinding(view, row, "outbound", found, MENU.outbound);
}

function oneToOneFinding(view: RouterView, row: Row): Finding {
    const found = {
        on: onOf(row),
        source: endOf(row, "source_net", "", "source_not"),
        destination: endOf(row, "destination_net", "", "destination_not"),
        as: text(row, "external"),
    };
    return rowFinding(view, row, "oneToOne", found, MENU.oneToOne);
}

function subnetOf({ tenant }: RouterView): Range {
    return networkOf(tenant.segment.subnet.cidr);
}

/** Whether a row names the tenant's interface, or a group that holds it. */
function isOnTenants(row: Row, { inventory, records }: RouterView): boolean {
    const carrier = carrierOfVlan(inventory, records.vlan.parent, records.vlan.tag);
    return carrier !== undefined && isNamed(row, carrier.identifier, inventory);
}

function isOnly(ranges: readonly Range[], network: Range): boolean {
    return ranges.length > 0 && ranges.every((range) => covers(network, range));
}

/** The interfaces that a row is for, as people see them. */
function onOf(row: Row): string {
    return text(row, "%interface") || text(row, "interface") || "every interface";
}
