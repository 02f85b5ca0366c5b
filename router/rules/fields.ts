import { pair, type Paired } from "../../substrate/pair";
import type { Row } from "../client";
import { fixedField, textField, type Field, type Section } from "../fields";
import type { RouterRule } from "../../firewall/rules";
import { text } from "../rows";

export const RULES: Section = {
    service: "filter",
    record: "rule",
    endpoint: (verb) => `firewall/filter/${verb}Rule`,
};
export const ALIASES: Section = {
    service: "alias",
    record: "alias",
    endpoint: (verb) => `firewall/alias/${verb}Item`,
};

/**
 * A filter rule. Its fields are told by OPNsense's own names: a person looks for them in the rule's form.
 *
 * @param on identifier of the interface that it is on.
 */
export function ruleFields(on: string): Field<RouterRule>[] {
    return [
        fixedField("enabled", "1"),
        fixedField("quick", "1"),
        fixedField("direction", "in"),
        fixedField("interfacenot", "0"),
        ...["source_not", "destination_not"].map((field) => fixedField<RouterRule>(field, "0")),
        ...["source_port", "gateway", "icmptype", "sched"].map((field) => fixedField<RouterRule>(field, "")),
        fixedField("interface", on),
        {
            field: "sequence",
            declared: ({ sequence }) => String(sequence),
            read: (found) => ({ sequence: Number(found) }),
        },
        textField("action", "action"),
        textField("family", "ipprotocol"),
        textField("protocol", "protocol"),
        textField("source", "source_net"),
        {
            field: "destination_net",
            declared: ({ destination }) => (destination === "gateway" ? `${on}ip` : destination),
            read: (found) => ({ destination: found === `${on}ip` ? "gateway" : found }),
        },
        {
            field: "destination_port",
            declared: ({ ports }) => ports ?? "",
            read: (ports) => (ports === "" ? {} : { ports }),
        },
        {
            field: "log",
            declared: ({ log }) => (log ? "1" : "0"),
            read: (found) => ({ log: found === "1" }),
        },
        textField("description", "description"),
    ];
}

/**
 * Pairs declared rules with rows on the router. Descriptions are not unique there, so a rule is its description and sequence
 * first, then either of them; of two rows alike it is the one that the state lists.
 *
 * @param known uuids that the state lists.
 */
export function pairRules(
    rules: readonly RouterRule[],
    rows: readonly Row[],
    known: Readonly<Record<string, string>> = {},
): Paired<RouterRule, Row> {
    const listedFirst = [...rows].sort((one, other) => Number(other.uuid in known) - Number(one.uuid in known));
    const sameDescription = (rule: RouterRule, row: Row) => text(row, "description") === rule.description;
    const sameSequence = (rule: RouterRule, row: Row) => text(row, "sequence") === String(rule.sequence);
    const sameInBoth = (rule: RouterRule, row: Row) => sameDescription(rule, row) && sameSequence(rule, row);
    return pair(rules, listedFirst, [sameInBoth, sameDescription, sameSequence]);
}
