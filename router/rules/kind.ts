import type { Row } from "../client";
import { recordOf } from "../fields";
import type { Kept, Kind, Target } from "../kind";
import { readInventory } from "../read";
import type { RouterAlias, RouterRule, RouterRules } from "../../firewall/rules";
import { requireFree, tenantsRows, text } from "../rows";
import { remove, save } from "../write";
import { aliasFields, ALIASES, pairRules, ruleFields, RULES } from "./fields";

export type RulesInputs = Target &
    RouterRules & {
        /** Identifier of the interface of the tenant's VLAN, such as opt8. */
        readonly interface: string;
    };

/** Rules of OPNsense's own are listed beside the others, keyed by a hash. */
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Stands for an alias that is gone. */
const NO_ALIAS: RouterAlias = { name: "", networks: [], description: "" };

/** The filter rules on the interface of the tenant's VLAN, and the alias that they use. */
export const rulesKind: Kind<RulesInputs, Kept> = {
    name: "rules",
    identity: ["tenant"],
    id: ({ tenant }) => tenant,
    descriptions: ({ privateNetworks, rules }) => [
        privateNetworks.description,
        ...rules.map(({ description }) => description),
    ],
    // A tenant always has rules: none at all would be a definition that was not loaded in full.
    fault: ({ rules }) => (rules.length === 0 ? "there are no rules; nothing was changed" : undefined),
    emptyState: () => ({ uuids: {}, unapplied: [] }),
    services: () => ["alias", "filter"],

    async read(client, inputs, state) {
        const { rules: all, aliases } = await readInventory(client, ["rules", "aliases"]);
        const rows = ownRules(all, inputs);
        const alias = ownAlias(aliases, inputs, state);
        if (rows.length === 0 && alias === undefined) {
            return undefined;
        }
        const fields = ruleFields(inputs.interface);
        const rules = rows.map((row) => recordOf(fields, row)).sort(byPlace);
        const privateNetworks = alias === undefined ? NO_ALIAS : recordOf(aliasFields, alias);
        return {
            inputs: { ...inputs, privateNetworks, rules },
            state: { ...state, uuids: uuidsOf(rows, alias) },
        };
    },

    async write(writer, inputs, state) {
        const { privateNetworks, rules } = inputs;
        const { name } = privateNetworks;
        const inventory = await readInventory(writer.client, ["aliases", "rules"]);
        const named = inventory.aliases.filter((row) => row["name"] === name);
        requireFree(named, inputs.tenant, `alias ${name}`, "firewall alias");
        const alias = ownAlias(inventory.aliases, inputs, state);
        if (alias !== undefined) {
            state.uuids[alias.uuid] = name;
        }
        state.uuids[await save(writer, ALIASES, aliasFields, privateNetworks, alias)] = name;
        const { rows: kept, free } = pairRules(rules, ownRules(inventory.rules, inputs), state.uuids);
        for (const row of [...free].filter(({ uuid }) => uuid in state.uuids)) {
            await remove(writer, RULES, [row]);
            delete state.uuids[row.uuid];
        }
        for (const rule of rules) {
            const uuid = await save(writer, RULES, ruleFields(inputs.interface), rule, kept.get(rule));
            state.uuids[uuid] = `${rule.sequence} ${rule.description}`;
        }
    },

    async remove(writer, inputs) {
        const { rules, aliases } = await readInventory(writer.client, ["rules", "aliases"]);
        await remove(writer, RULES, ownRules(rules, inputs));
        await remove(writer, ALIASES, tenantsRows(aliases, inputs.tenant));
        return undefined;
    },
};

function ownRules(rows: readonly Row[], { tenant }: RulesInputs): Row[] {
    return tenantsRows(rows, tenant).filter(({ uuid }) => UUID.test(uuid));
}

/** The tenant's alias: the one of that name, else the one that the state lists, whose name was changed. */
function ownAlias(aliases: readonly Row[], { tenant, privateNetworks }: RulesInputs, state: Kept): Row | undefined {
    const rows = tenantsRows(aliases, tenant);
    return rows.find((row) => row["name"] === privateNetworks.name) ?? rows.find(({ uuid }) => uuid in state.uuids);
}

function uuidsOf(rules: readonly Row[], alias: Row | undefined): Record<string, string> {
    const named = rules.map((row) => [row.uuid, `${text(row, "sequence")} ${text(row, "description")}`] as const);
    return { ...Object.fromEntries(named), ...(alias && { [alias.uuid]: text(alias, "name") }) };
}

function byPlace(one: RouterRule, other: RouterRule): number {
    return one.sequence - other.sequence || (one.description < other.description ? -1 : 1);
}
