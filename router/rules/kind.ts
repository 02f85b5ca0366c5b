import type { Row } from "../client";
import { isAsDeclared, recordOf } from "../fields";
import type { Kept, Kind, Target } from "../kind";
import type { Writer } from "../queue";
import { readInventory } from "../read";
import type { RouterRule, RouterRules } from "../../firewall/rules";
import { tenantsRows, text } from "../rows";
import { remove, save } from "../write";
import { endConnections } from "./connections";
import { ALIASES, pairRules, ruleFields, RULES } from "./fields";

export type RulesInputs = Target &
    RouterRules & {
        /** Identifier of the interface of the tenant's VLAN, such as opt8. */
        readonly interface: string;
        /** Names of the tenant's aliases, which earlier releases made: none is declared, and the next write deletes them. */
        readonly aliases?: readonly string[];
        /** The alias of an earlier release, as its state has it. */
        readonly privateNetworks?: unknown;
    };

export interface RulesState extends Kept {
    /** Whether what was written may have closed a way, and connections on it have not been looked for since. */
    closes: boolean;
}

/** Rules of OPNsense's own are listed beside the others, keyed by a hash. */
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The filter rules on the interface of the tenant's VLAN. */
export const rulesKind: Kind<RulesInputs, RulesState> = {
    name: "rules",
    identity: ["tenant"],
    id: ({ tenant }) => tenant,
    descriptions: ({ rules }) => rules.map(({ description }) => description),
    // A tenant always has rules: none at all would be a definition that was not loaded in full.
    fault: ({ rules }) => (rules.length === 0 ? "there are no rules; nothing was changed" : undefined),
    emptyState: () => ({ uuids: {}, unapplied: [], closes: false }),
    services: () => ["filter"],

    async read(client, inputs, state) {
        const inventory = await readInventory(client, ["rules", "aliases"]);
        const rows = ownRules(inventory.rules, inputs);
        const aliases = tenantsRows(inventory.aliases, inputs.tenant);
        if (rows.length === 0 && aliases.length === 0) {
            return undefined;
        }
        const { aliases: _, privateNetworks: __, ...declared } = inputs;
        const rules = rows.map((row) => recordOf(ruleFields(inputs.interface), row)).sort(byPlace);
        const names = aliases.map((row) => text(row, "name"));
        return {
            inputs: { ...declared, rules, ...(names.length > 0 && { aliases: names }) },
            state: { ...state, uuids: uuidsOf(rows, aliases) },
        };
    },

    async write(writer, inputs, state) {
        const { rules } = inputs;
        const inventory = await readInventory(writer.client, ["aliases", "rules"]);
        const { rows: kept, free } = pairRules(rules, ownRules(inventory.rules, inputs), state.uuids);
        const leaving = [...free].filter(({ uuid }) => uuid in state.uuids);
        const changed = (rule: RouterRule, row: Row) => !isAsDeclared(ruleFields(inputs.interface), rule, row);
        // A block that is new closes nothing where all of the rules are.
        const added = rules.some((rule) => rule.action === "block" && !kept.has(rule)) && kept.size > 0;
        state.closes ||= added || leaving.some(isPass) || [...kept].some(([rule, row]) => changed(rule, row));
        await removeListed(writer, RULES, leaving.filter(isPass), state);
        for (const rule of inSafeOrder(rules, kept)) {
            const uuid = await save(writer, RULES, ruleFields(inputs.interface), rule, kept.get(rule));
            state.uuids[uuid] = nameOf(rule);
        }
        await removeListed(
            writer,
            RULES,
            leaving.filter((row) => !isPass(row)),
            state,
        );
        // Last, since the router deletes none that a rule names.
        const aliases = tenantsRows(inventory.aliases, inputs.tenant).filter(({ uuid }) => uuid in state.uuids);
        await removeListed(writer, ALIASES, aliases, state);
    },

    async afterwards(client, inputs, state) {
        const told = state.closes ? await endConnections(client, inputs) : undefined;
        state.closes = false;
        return told;
    },

    async remove(writer, { tenant }) {
        await removeRules(writer, tenant);
        return undefined;
    },
};

/** Deletes a tenant's rules and aliases. */
export async function removeRules(writer: Writer, tenant: string): Promise<void> {
    const { rules, aliases } = await readInventory(writer.client, ["rules", "aliases"]);
    // What opens goes first.
    const rows = ownRules(rules, { tenant });
    await remove(writer, RULES, [...rows.filter(isPass), ...rows.filter((row) => !isPass(row))]);
    await remove(writer, ALIASES, tenantsRows(aliases, tenant));
}

function ownRules(rows: readonly Row[], { tenant }: Pick<RulesInputs, "tenant">): Row[] {
    return tenantsRows(rows, tenant).filter(({ uuid }) => UUID.test(uuid));
}

function isPass(row: Row): boolean {
    return row["action"] === "pass";
}

/**
 * Rules in an order in which they can be written one by one: what is saved may become active at any time, by a person who
 * applies something else or by a reboot, and no rule may ever pass what a block before it is for. So blocks that are new or move
 * towards the first come before what passes, and those that move towards the last after it.
 */
function inSafeOrder(rules: readonly RouterRule[], kept: ReadonlyMap<RouterRule, Row>): RouterRule[] {
    const turnOf = (rule: RouterRule) => {
        const place = Number(kept.get(rule)?.["sequence"] ?? Infinity);
        return rule.action === "pass" ? 1 : place < rule.sequence ? 2 : 0;
    };
    return [...rules].sort((one, other) => turnOf(one) - turnOf(other));
}

/** Deletes records, and takes them off the state's list. */
async function removeListed(writer: Writer, section: typeof RULES, rows: readonly Row[], state: Kept): Promise<void> {
    for (const row of rows) {
        await remove(writer, section, [row]);
        delete state.uuids[row.uuid];
    }
}

function uuidsOf(rules: readonly Row[], aliases: readonly Row[]): Record<string, string> {
    return Object.fromEntries([
        ...rules.map((row) => [row.uuid, `${text(row, "sequence")} ${text(row, "description")}`] as const),
        ...aliases.map((row) => [row.uuid, text(row, "name")] as const),
    ]);
}

function nameOf({ sequence, description }: RouterRule): string {
    return `${sequence} ${description}`;
}

function byPlace(one: RouterRule, other: RouterRule): number {
    return one.sequence - other.sequence || (one.description < other.description ? -1 : 1);
}
