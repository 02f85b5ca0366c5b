import { routerFilter, type Packet, type PacketFilter, type RouterAddresses } from "../../firewall/packetFilter";
import { wallDifference, type Judge, type WallView } from "../../firewall/wallDifference";
import type { Finding, Value } from "../../substrate/findings";
import type { Row } from "../client";
import { finding, MENU, rowFinding, type RouterView } from "../drift/view";
import { collectionRulesOf } from "../export/collectionRules";
import { addressesOf, carrierOfVlan } from "../inventory";
import type { RouterRule } from "../../firewall/rules";
import { text } from "../rows";
import { interfaceFilter, type InterfaceFilter } from "./filter";
import { unfilteredFindings } from "./unfiltered";

/** The filters that are compared: what was declared, and what is on an interface. */
function compared(view: RouterView, on: string, more: readonly PacketFilter<RouterRule>[] = []) {
    const { substrate, tenant, records, inventory } = view;
    const router = addressesIn(view);
    const declared = routerFilter(records.rules, router);
    const actual = interfaceFilter(inventory, on);
    const wall: WallView = { substrate, tenant, router, filters: [declared, actual.filter, ...more] };
    return { declared, actual, wall };
}

function addressesIn({ tenant, inventory }: RouterView): RouterAddresses {
    const { gateway } = tenant.segment.subnet;
    return { gateway, itself: [...new Set([gateway, ...addressesOf(inventory)])] };
}

/** Rules of somebody else's that open or close what the tenant's own do not. */
export function foreignFindings(view: RouterView, on: string, own: ReadonlySet<Row>): Finding[] {
    const { declared, actual, wall } = compared(view, on);
    const judge =
        (passing: boolean): Judge =>
        (packet) => {
            const rule = actual.filter.first(packet);
            const counts = rule !== undefined && !own.has(rule) && (rule["action"] === "pass") === passing;
            return counts && passes(declared, packet) !== passing ? rule.uuid : undefined;
        };
    return eachRuleOnce([
        ...effects(view, wallDifference(wall, judge(true)), "opens"),
        ...effects(view, wallDifference(wall, judge(false)), "closes"),
        ...undecided(view, actual, own),
        ...unfilteredFindings(view, on, own),
    ]);
}

/** Openings that no file declares, and declared ones that are closed. */
export function wallFindings(view: RouterView): Finding[] {
    const carrier = carrierOfVlan(view.inventory, view.records.vlan.parent, view.records.vlan.tag);
    if (carrier === undefined) {
        // That nothing gets through there at all is told with the VLAN.
        return [];
    }
    const collection = routerFilter(collectionRulesOf(view.substrate.plan, view.tenant), addressesIn(view));
    const { declared, actual, wall } = compared(view, carrier.identifier, [collection]);
    const opens: Judge = (packet) => {
        const rule = actual.filter.first(packet);
        const meant = passes(declared, packet) || passes(collection, packet);
        return rule?.["action"] === "pass" && !meant ? rule.uuid : undefined;
    };
    const closes: Judge = (packet) =>
        passes(declared, packet) && actual.filter.first(packet)?.["action"] !== "pass"
            ? declared.first(packet)!.description
            : undefined;
    return eachRuleOnce([
        ...effects(view, wallDifference(wall, opens), "opens"),
        ...[...wallDifference(wall, closes)].map(([id, what]) =>
            finding(view, { kind: "wall", id }, { declared: what }),
        ),
        ...undecided(view, actual, new Set()),
        ...unfilteredFindings(view, carrier.identifier, new Set()),
    ]);
}

/** One finding for a rule, whatever it does. */
function eachRuleOnce(findings: readonly Finding[]): Finding[] {
    const byRule = new Map<string, Finding>();
    for (const one of findings) {
        const key = one.subject.uuid ?? `${one.subject.kind} ${one.subject.id}`;
        const told = byRule.get(key);
        byRule.set(
            key,
            told === undefined ? one : { ...told, found: { ...(told.found as object), ...(one.found as object) } },
        );
    }
    return [...byRule.values()];
}

function passes(filter: PacketFilter<RouterRule>, packet: Packet): boolean {
    return filter.first(packet)?.action === "pass";
}

/** A finding for each rule that does what no file says. */
function effects(view: RouterView, difference: ReadonlyMap<string, string>, does: "opens" | "closes"): Finding[] {
    return [...difference].map(([uuid, what]) => {
        const row = view.inventory.rules.find((rule) => rule.uuid === uuid)!;
        return effect(view, row, { [does]: what });
    });
}

/** A finding for each rule that lets something through of which nobody here can tell what it is. */
function undecided(view: RouterView, actual: InterfaceFilter, own: ReadonlySet<Row>): Finding[] {
    return actual.undecided
        .filter((row) => !own.has(row))
        .map((row) => {
            const [source, to, port] = ["source_net", "destination_net", "destination_port"].map((one) =>
                text(row, one),
            );
            return effect(view, row, { undecided: { source, to, port } });
        });
}

function effect(view: RouterView, row: Row, found: Value): Finding {
    return rowFinding(view, row, "rule", found, MENU.rules);
}
