import type { RouterRule } from "../recordTypes";
import type { Row } from "../client";
import { text } from "../ownership";
import { pair } from "../../substrate/pair";

/** Which row on the router each declared rule is, and which rows go. */
export interface Pairs {
    readonly kept: ReadonlyMap<RouterRule, Row>;
    readonly leaving: readonly Row[];
}

/**
 * Pairs declared rules with the tenant's rows. Descriptions are not unique on a router, so a rule is its description and
 * sequence first, then either of them; of two rows alike the one goes that the state does not list, and it is the state
 * that says which rows may go at all.
 *
 * @param known uuids that the state lists.
 */
export function pairs(
    rules: readonly RouterRule[],
    rows: readonly Row[],
    known: Readonly<Record<string, string>>,
): Pairs {
    const listedFirst = [...rows].sort((one, other) => Number(other.uuid in known) - Number(one.uuid in known));
    const { rows: kept, free } = pair(rules, listedFirst, [sameInBoth, sameDescription, sameSequence]);
    return { kept, leaving: [...free].filter(({ uuid }) => uuid in known) };
}

function sameInBoth(rule: RouterRule, row: Row): boolean {
    return sameDescription(rule, row) && sameSequence(rule, row);
}

function sameDescription(rule: RouterRule, row: Row): boolean {
    return text(row, "description") === rule.description;
}

function sameSequence(rule: RouterRule, row: Row): boolean {
    return text(row, "sequence") === String(rule.sequence);
}
