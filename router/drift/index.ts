import { NOTHING, type DriftRow } from "../../report/drift";
import { routerRecordsOf } from "../records";
import type { RouterFound } from "../found";
import type { Substrate } from "../../substrate/substrate";
import { nameRows } from "./names";
import { ruleRows } from "./rules";
import { scopeRows, vlanRows } from "./scope";
import { strayRows } from "./strays";
import type { RuleRow } from "./view";

/**
 * Everything in which a core router differs from what the tenants' files say of it, and what it has in the tenants' ranges
 * that no file declares. Empty on a flat network, of which the router knows nothing.
 *
 * In mode api a record must be the stack's own to the letter; in mode export, where the lab's collection writes in words
 * of its own, content decides: whether the VLAN, scope, reservation and name are there, and what the rules let through.
 */
export function routerDrift(substrate: Substrate, found: RouterFound): DriftRow[] {
    if (substrate.coreRouter.mode === "none") {
        return [];
    }
    const rows = substrate.tenants.flatMap((tenant) => {
        const view = { substrate, tenant, records: routerRecordsOf(substrate, tenant), found };
        return [...vlanRows(view), ...scopeRows(view), ...nameRows(view), ...ruleRows(view)];
    });
    return [...eachOnce(rows), ...strayRows(substrate, found), ...found.stopped.map(serviceRow)];
}

/** A rule for several interfaces is one thing that somebody did, whatever number of tenants it concerns. */
function eachOnce(rows: readonly RuleRow[]): DriftRow[] {
    const tenantsOf = (rule: string) => rows.filter((row) => row.rule === rule);
    const told = new Set<string>();
    return rows.flatMap(({ rule, ...row }) => {
        const all = rule === undefined ? [] : tenantsOf(rule);
        if (rule === undefined || new Set(all.map(({ tenant }) => tenant)).size === 1) {
            return [row];
        }
        const found = all.map((one) => `${one.tenant}: ${one.found}`).join("; ");
        return told.has(rule) ? [] : [(told.add(rule), { ...row, tenant: "", found })];
    });
}

function serviceRow(message: string): DriftRow {
    const [name = ""] = message.split(" does not run");
    const settle = "by hand, on the router: start it, and see its log where it does not stay";
    return { tenant: "", where: "router", what: name, declared: "runs", found: NOTHING, settle };
}
