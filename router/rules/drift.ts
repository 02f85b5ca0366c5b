import { THERE, type Finding } from "../../substrate/findings";
import { isTenants } from "../../substrate/recordOwnership";
import type { Row } from "../client";
import { finding, isStrict, MENU, settleRow, type About, type RouterView } from "../drift/view";
import { differences } from "../fields";
import { carrierOfVlan } from "../inventory";
import type { RouterRule } from "../../firewall/rules";
import { tenantsRows, text } from "../rows";
import { pairRules, ruleFields } from "./fields";
import { foreignFindings, wallFindings } from "./wall";

/**
 * Drift of the tenant's wall on the router. Where the stack writes it, each rule of it must be as declared, and nobody
 * else's may open or close what it does not; where somebody else does, what their rules let through decides.
 */
export function ruleFindings(view: RouterView): Finding[] {
    return isStrict(view) ? strictFindings(view) : wallFindings(view);
}

function strictFindings(view: RouterView): Finding[] {
    const { rules } = view.records.rules;
    const { rules: all } = view.inventory;
    const on = interfaceOf(view);
    const mine = all.filter((row) => isTenants(row["description"], view.tenant.name));
    const sequences = new Set(rules.map(({ sequence }) => String(sequence)));
    const here = all.filter((row) => row["interface"] === on && sequences.has(text(row, "sequence")));
    const { rows: paired } = pairRules(rules, [...mine, ...here.filter((row) => !mine.includes(row))]);
    const kept = [...paired.values()];
    const extra = mine.filter((row) => !kept.includes(row));
    return [
        ...aliasFindings(view),
        ...rules.flatMap((rule) => ruleFinding(view, rule, paired.get(rule), on)),
        ...extra.map((row) => finding(view, aboutRow(row), { found: text(row, "action") })),
        ...foreignFindings(view, on, new Set([...kept, ...extra])),
    ];
}

/** Identifier of the interface that the tenant's rules are on; while the VLAN has none, the one that they were written for. */
function interfaceOf({ records, inventory, tenant }: RouterView): string {
    const carrier = carrierOfVlan(inventory, records.vlan.parent, records.vlan.tag);
    const written = inventory.rules.find((row) => isTenants(row["description"], tenant.name));
    return carrier?.identifier ?? text(written ?? {}, "interface");
}

/** One finding for a rule, whatever of it differs. */
function ruleFinding(view: RouterView, rule: RouterRule, row: Row | undefined, on: string): Finding[] {
    const about: About = { kind: "rule", id: String(rule.sequence), name: rule.description };
    if (row === undefined) {
        const { action, protocol, destination } = rule;
        return [finding(view, about, { declared: { action, protocol, destination } })];
    }
    const differ = differences(ruleFields(on), rule, row, true);
    const values = (side: "declared" | "found") => Object.fromEntries(differ.map((one) => [one.field, one[side]]));
    return differ.length === 0
        ? []
        : [
              finding(view, about, {
                  declared: values("declared"),
                  found: values("found"),
                  ...settleRow(view, row, MENU.rules),
              }),
          ];
}

function aboutRow(row: Row): About {
    return { kind: "rule", id: text(row, "sequence"), name: text(row, "description") };
}

/** Aliases that bear the tenant's mark: its rules use none. */
function aliasFindings(view: RouterView): Finding[] {
    return tenantsRows(view.inventory.aliases, view.tenant.name).map((row) =>
        finding(view, { kind: "alias", id: text(row, "name") }, { found: THERE }),
    );
}
