import type { DriftRow } from "../../report/drift";
import { collectionRulesOf } from "../export/collectionRules";
import { foundFilter, type FoundFilter } from "../rules/found";
import { routerFilter, type Packet, type PacketFilter, type RouterAddresses } from "../../firewall/packetFilter";
import { addressesOf, carrierOfVlan, fieldOf, type FoundRow } from "../found";
import type { RouterRule } from "../recordTypes";
import { wallDifference, type Judge, type WallView } from "../../firewall/wallDifference";
import { isTenants, purposeOf } from "../../substrate/recordOwnership";
import { changedByHand, sameEntries } from "../ownership";
import { pairs } from "../rules/pairs";
import { FIXED_ALIAS, ruleFields } from "../rules/kind";
import {
    driftRow,
    fieldRows,
    isStrict,
    MENU,
    settleByWriter,
    settleRecord,
    type RouterView,
    type RuleRow,
} from "./view";

/**
 * The tenant's walls on the router. Where the stack writes them, each rule of it must be as declared, and nobody else's
 * may open or close what it does not; where somebody else does, what their rules let through decides.
 */
export function ruleRows(view: RouterView): RuleRow[] {
    return isStrict(view) ? strictRows(view) : effectRows(view);
}

function strictRows(view: RouterView): RuleRow[] {
    const { rules } = view.records.rules;
    const identifier = interfaceOf(view);
    const mine = view.found.rules.filter((row) => isTenants(row["description"], view.tenant.name));
    const here = view.found.rules.filter((row) => row["interface"] === identifier && !mine.includes(row));
    const sequences = new Set(rules.map(({ sequence }) => String(sequence)));
    const candidates = [...mine, ...here.filter((row) => sequences.has(fieldOf(row, "sequence")))];
    const { kept } = pairs(rules, candidates, {});
    const known = new Set([...kept.values()].map(({ uuid }) => uuid));
    const extra = mine.filter(({ uuid }) => !known.has(uuid));
    const declared = rules.flatMap((rule) => ruleRow(view, rule, kept.get(rule) as FoundRow | undefined, identifier));
    return [
        ...aliasRows(view),
        ...declared,
        ...extra.map((row) => extraRow(view, row)),
        ...foreignRows(view, identifier, new Set([...known, ...extra.map(({ uuid }) => uuid)])),
    ];
}

/** Identifier of the interface that the tenant's rules are on; while the VLAN has none, the one that they were written for. */
function interfaceOf({ records, found, tenant }: RouterView): string {
    const carrier = carrierOfVlan(found, records.vlan.parent, records.vlan.tag);
    const written = found.rules.find((row) => isTenants(row["description"], tenant.name));
    return carrier?.identifier ?? written?.["interface"] ?? "";
}

/** One row for a rule, whatever of it differs. */
function ruleRow(view: RouterView, rule: RouterRule, row: FoundRow | undefined, identifier: string): DriftRow[] {
    const what = `rule ${rule.sequence} (${purposeOf(rule.description)})`;
    const wanted = ruleFields(rule, identifier);
    if (row === undefined) {
        const declared = `${rule.action} ${rule.protocol} to ${rule.destination}`;
        return [driftRow(view, what, { declared, settle: settleByWriter(view.substrate) })];
    }
    const { byHand } = changedByHand(row, wanted);
    if (byHand === undefined) {
        return [];
    }
    const inWords = (values: Readonly<Record<string, string>>) =>
        Object.keys(byHand)
            .map((field) => `${field} ${values[field] || "empty"}`)
            .join(", ");
    const settle = settleRecord(view, row, MENU.rules);
    return [driftRow(view, what, { declared: inWords(wanted), found: inWords(byHand), settle })];
}

function extraRow(view: RouterView, row: FoundRow): DriftRow {
    const what = `rule ${fieldOf(row, "sequence")} (${purposeOf(fieldOf(row, "description"))})`;
    return driftRow(view, what, { found: fieldOf(row, "action"), settle: settleByWriter(view.substrate) });
}

/** The alias that the tenant's rules use. */
function aliasRows(view: RouterView): DriftRow[] {
    const { name, networks, description } = view.records.rules.privateNetworks;
    const what = `alias ${name}`;
    const row = view.found.aliases.find((alias) => alias["name"] === name);
    if (row === undefined) {
        return [driftRow(view, what, { declared: networks.join(" "), settle: settleByWriter(view.substrate) })];
    }
    const content = fieldOf(row, "content")
        .split(/[\n,]/)
        .filter((network) => network !== "");
    const same = sameEntries(content, networks);
    const { byHand = {} } = changedByHand(row, { ...FIXED_ALIAS, description });
    return fieldRows(
        view,
        what,
        [
            ["networks", networks.join(" "), (same ? networks : content).join(" ")],
            ...Object.entries(byHand).map(
                ([field, found]) => [field, { ...FIXED_ALIAS, description }[field] ?? "", found] as const,
            ),
        ],
        settleRecord(view, row, MENU.aliases),
    );
}

/** The filters that are compared: what was declared, and what is. */
interface Compared {
    readonly declared: PacketFilter<RouterRule>;
    readonly found: FoundFilter;
    readonly wall: WallView;
}

function compared(view: RouterView, identifier: string, more: readonly PacketFilter<RouterRule>[] = []): Compared {
    const router = routerOf(view);
    const declared = routerFilter(view.records.rules, router);
    const found = foundFilter(view.found, identifier);
    const filters = [declared, found.filter, ...more];
    return { declared, found, wall: { substrate: view.substrate, tenant: view.tenant, router, filters } };
}

function routerOf({ tenant, found }: RouterView): RouterAddresses {
    const { gateway } = tenant.segment.subnet;
    return { gateway, itself: [...new Set([gateway, ...addressesOf(found)])] };
}

/** Rules of somebody else's that open or close what the tenant's own do not. */
function foreignRows(view: RouterView, identifier: string, own: ReadonlySet<string>): RuleRow[] {
    const { declared, found, wall } = compared(view, identifier);
    const judge =
        (action: "pass" | "block"): Judge =>
        (packet) => {
            const rule = found.filter.first(packet);
            const differs = passes(declared, packet) !== (action === "pass");
            const counts =
                rule !== undefined && !own.has(rule.uuid) && (rule["action"] === "pass") === (action === "pass");
            return counts && differs ? rule.uuid : undefined;
        };
    return [
        ...foundRows(view, wallDifference(wall, judge("pass")), "opens"),
        ...foundRows(view, wallDifference(wall, judge("block")), "closes"),
        ...undecidedRows(view, found, own),
    ];
}

/** What is open that no file opens, and what is closed that one does. */
function effectRows(view: RouterView): RuleRow[] {
    const carrier = carrierOfVlan(view.found, view.records.vlan.parent, view.records.vlan.tag);
    if (carrier === undefined) {
        // That nothing gets through there at all is told with the VLAN.
        return [];
    }
    const collection = routerFilter(collectionRulesOf(view.substrate.site, view.tenant), routerOf(view));
    const { declared, found, wall } = compared(view, carrier.identifier, [collection]);
    const opens: Judge = (packet) => {
        const rule = found.filter.first(packet);
        const meant = passes(declared, packet) || passes(collection, packet);
        return rule?.["action"] === "pass" && !meant ? rule.uuid : undefined;
    };
    const closes: Judge = (packet) =>
        passes(declared, packet) && found.filter.first(packet)?.["action"] !== "pass"
            ? declared.first(packet)!.description
            : undefined;
    const closed = [...wallDifference(wall, closes)].map(([rule, what]) =>
        driftRow(view, `wall (${purposeOf(rule)})`, {
            declared: `open: ${what}`,
            found: "closed",
            settle: settleByWriter(view.substrate),
        }),
    );
    return [
        ...foundRows(view, wallDifference(wall, opens), "opens"),
        ...closed,
        ...undecidedRows(view, found, new Set()),
    ];
}

function passes(filter: PacketFilter<RouterRule>, packet: Packet): boolean {
    return filter.first(packet)?.action === "pass";
}

/** A row for each rule that does what no file says. */
function foundRows(view: RouterView, difference: ReadonlyMap<string, string>, does: "opens" | "closes"): RuleRow[] {
    return [...difference].map(([uuid, what]) => {
        const row = view.found.rules.find((rule) => rule.uuid === uuid)!;
        return foundRule(view, row, `${does} ${what}`);
    });
}

function undecidedRows(view: RouterView, { undecided }: FoundFilter, own: ReadonlySet<string>): RuleRow[] {
    return undecided
        .filter(({ uuid }) => !own.has(uuid))
        .map((row) => {
            const to = [fieldOf(row, "destination_net"), fieldOf(row, "destination_port")]
                .filter(Boolean)
                .join(" port ");
            return foundRule(
                view,
                row,
                `passes, and nobody here can tell what: ${fieldOf(row, "source_net")} to ${to}`,
            );
        });
}

function foundRule(view: RouterView, row: FoundRow, found: string): RuleRow {
    const what = `rule ${fieldOf(row, "sequence")} (${fieldOf(row, "description") || row.uuid})`;
    const settle = `by hand, on the router: ${MENU.rules}`;
    return { ...driftRow(view, what, { found, settle }), rule: row.uuid };
}
