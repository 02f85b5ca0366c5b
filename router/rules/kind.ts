import { isDeepStrictEqual } from "node:util";
import type { RouterAlias, RouterRule, RouterRules } from "../recordTypes";
import type { Row, RouterClient } from "../client";
import type { Kept, Kind, Target } from "../kind";
import { changedByHand, requireFree, sameEntries, tenantsRows, text } from "../ownership";
import type { Writer } from "../queue";
import { pairs } from "./pairs";

export type RulesInputs = Target &
    RouterRules & {
        /** Identifier of the interface of the tenant's VLAN, such as opt8. */
        readonly interface: string;
    };

const FILTER = "firewall/filter";
const ALIAS = "firewall/alias";

/** As every rule of ours has it; what OPNsense leaves out of its answers is not compared. */
const FIXED: Readonly<Record<string, string>> = {
    enabled: "1",
    quick: "1",
    direction: "in",
    ipprotocol: "inet",
    interfacenot: "0",
    source_not: "0",
    source_port: "",
    gateway: "",
    icmptype: "",
    sched: "",
};
export const FIXED_ALIAS: Readonly<Record<string, string>> = { enabled: "1", type: "network" };
/** Rules of OPNsense's own are listed beside the others, keyed by a hash. */
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

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
        const rows = await ruleRows(client, inputs);
        const alias = ownAlias(tenantsRows(await aliasRows(client), inputs.tenant), inputs, state);
        if (rows.length === 0 && alias === undefined) {
            return undefined;
        }
        const rules = rows.map((row) => ruleRecord(row, inputs.interface)).sort(byPlace);
        return {
            inputs: { ...inputs, privateNetworks: aliasRecord(alias, inputs.privateNetworks), rules },
            state: { ...state, uuids: uuidsOf(rows, alias) },
        };
    },

    async write(writer, inputs, state) {
        const { name } = inputs.privateNetworks;
        const aliases = await aliasRows(writer.client);
        const named = aliases.filter((row) => row["name"] === name);
        requireFree(named, inputs.tenant, `alias ${name}`, "firewall alias");
        const rows = await ruleRows(writer.client, inputs);
        const alias = ownAlias(tenantsRows(aliases, inputs.tenant), inputs, state);
        await writeAlias(writer, inputs.privateNetworks, alias, state);
        const { kept, leaving } = pairs(inputs.rules, rows, state.uuids);
        for (const row of leaving) {
            await removeRule(writer, row);
            delete state.uuids[row.uuid];
        }
        for (const rule of inputs.rules) {
            const uuid = await writeRule(writer, ruleFields(rule, inputs.interface), kept.get(rule));
            state.uuids[uuid] = `${rule.sequence} ${rule.description}`;
        }
    },

    async remove(writer, inputs) {
        for (const row of await ruleRows(writer.client, inputs)) {
            await removeRule(writer, row);
        }
        for (const row of tenantsRows(await aliasRows(writer.client), inputs.tenant)) {
            writer.dirty("alias");
            await writer.client.delete(`${ALIAS}/delItem/${row.uuid}`, text(row, "description"));
        }
        return undefined;
    },
};

async function ruleRows(client: RouterClient, { tenant }: RulesInputs): Promise<Row[]> {
    const rows = tenantsRows(await client.search(`${FILTER}/searchRule`), tenant);
    return rows.filter(({ uuid }) => UUID.test(uuid));
}

function aliasRows(client: RouterClient): Promise<Row[]> {
    return client.search(`${ALIAS}/searchItem`);
}

/** The tenant's alias: the one of that name, else the one that the state lists, whose name was changed. */
function ownAlias(rows: readonly Row[], { privateNetworks }: RulesInputs, state: Kept): Row | undefined {
    return rows.find((row) => row["name"] === privateNetworks.name) ?? rows.find(({ uuid }) => uuid in state.uuids);
}

async function writeAlias(writer: Writer, alias: RouterAlias, row: Row | undefined, state: Kept): Promise<void> {
    const found = aliasRecord(row, alias);
    const fields = {
        ...FIXED_ALIAS,
        name: alias.name,
        content: alias.networks.join("\n"),
        description: alias.description,
    };
    const same = isDeepStrictEqual(found, alias);
    if (row !== undefined) {
        state.uuids[row.uuid] = alias.name;
    }
    if (row !== undefined && same) {
        return;
    }
    writer.dirty("alias");
    if (row !== undefined) {
        // All fields, since a part of them once emptied what referred to the alias (opnsense/core#6208).
        await writer.client.set(`${ALIAS}/setItem/${row.uuid}`, { alias: fields });
        return;
    }
    const uuid = await writer.client.add(`${ALIAS}/addItem`, { alias: fields });
    state.uuids[uuid] = alias.name;
}

async function writeRule(
    writer: Writer,
    fields: Readonly<Record<string, string>>,
    row: Row | undefined,
): Promise<string> {
    if (row !== undefined && !("byHand" in changedByHand(row, fields))) {
        return row.uuid;
    }
    writer.dirty("filter");
    if (row !== undefined) {
        await writer.client.set(`${FILTER}/setRule/${row.uuid}`, { rule: fields });
        return row.uuid;
    }
    return writer.client.add(`${FILTER}/addRule`, { rule: fields });
}

async function removeRule(writer: Writer, row: Row): Promise<void> {
    writer.dirty("filter");
    await writer.client.delete(`${FILTER}/delRule/${row.uuid}`, text(row, "description"));
}

/** A rule by the names of OPNsense's fields. */
export function ruleFields(rule: RouterRule, interfaceName: string): Record<string, string> {
    return {
        ...FIXED,
        interface: interfaceName,
        sequence: String(rule.sequence),
        action: rule.action,
        protocol: rule.protocol,
        source_net: rule.source,
        destination_net: rule.destination === "gateway" ? `${interfaceName}ip` : rule.destination,
        destination_not: rule.destinationNot ? "1" : "0",
        destination_port: rule.ports ?? "",
        log: rule.log ? "1" : "0",
        description: rule.description,
    };
}

function ruleRecord(row: Row, interfaceName: string): RouterRule {
    const destination = text(row, "destination_net");
    const ports = text(row, "destination_port");
    return {
        sequence: Number(text(row, "sequence")),
        action: text(row, "action") as RouterRule["action"],
        protocol: text(row, "protocol") as RouterRule["protocol"],
        source: text(row, "source_net"),
        destination: destination === `${interfaceName}ip` ? "gateway" : destination,
        destinationNot: text(row, "destination_not") === "1",
        ...(ports !== "" && { ports }),
        log: text(row, "log") === "1",
        description: text(row, "description"),
        ...changedByHand(row, { ...FIXED, interface: interfaceName }),
    };
}

/** The alias as records have it, its networks in the order in which they are declared where they are the same ones. */
function aliasRecord(row: Row | undefined, declared: RouterAlias): RouterAlias {
    if (row === undefined) {
        return { name: "", networks: [], description: "" };
    }
    const networks = text(row, "content")
        .split(/[\n,]/)
        .filter((network) => network !== "");
    return {
        name: text(row, "name"),
        networks: sameEntries(networks, declared.networks) ? declared.networks : networks,
        description: text(row, "description"),
        ...changedByHand(row, FIXED_ALIAS),
    };
}

function uuidsOf(rules: readonly Row[], alias: Row | undefined): Record<string, string> {
    const named = rules.map((row) => [row.uuid, `${text(row, "sequence")} ${text(row, "description")}`] as const);
    return { ...Object.fromEntries(named), ...(alias && { [alias.uuid]: text(alias, "name") }) };
}

function byPlace(one: RouterRule, other: RouterRule): number {
    return one.sequence - other.sequence || (one.description < other.description ? -1 : 1);
}
