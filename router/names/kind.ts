import { pair } from "../../substrate/pair";
import type { Row } from "../client";
import { recordOf } from "../fields";
import type { RouterInventory } from "../inventory";
import type { Kept, Kind, Target } from "../kind";
import type { Writer } from "../queue";
import { readInventory } from "../read";
import type { RouterHost, RouterNames } from "../recordTypes";
import { requireFree, tenantsRows, text } from "../rows";
import { remove, save } from "../write";
import { aliasFields, aliasName, HOST_ALIASES, hostFields, HOSTS, nameOf } from "./fields";

export type NamesInputs = Target & RouterNames;

/** Host overrides and host aliases as Unbound has them, everybody's. */
type Names = Pick<RouterInventory, "hosts" | "hostAliases">;

/** Unbound host overrides in the tenant's zone, with their aliases. */
export const namesKind: Kind<NamesInputs, Kept> = {
    name: "names",
    identity: ["tenant"],
    id: ({ tenant }) => tenant,
    descriptions: ({ hosts }) => hosts.map(({ description }) => description),
    emptyState: () => ({ uuids: {}, unapplied: [] }),
    services: ({ hosts }) => (hosts.length > 0 ? ["unbound"] : []),

    async read(client, inputs, state) {
        const all = await readInventory(client, ["hosts", "hostAliases"]);
        const rows = tenantsRows(all.hosts, inputs.tenant);
        if (rows.length === 0 && inputs.hosts.length > 0) {
            return undefined;
        }
        const aliases = tenantsRows(all.hostAliases, inputs.tenant);
        return {
            inputs: { ...inputs, hosts: rows.map((row) => hostRecord(row, aliases)).sort(byName) },
            state: { ...state, uuids: Object.fromEntries(rows.map((row) => [row.uuid, nameOf(row)])) },
        };
    },

    async write(writer, inputs, state) {
        const all = await readInventory(writer.client, ["hosts", "hostAliases"]);
        requireNames(all, inputs);
        const own = tenantsRows(all.hosts, inputs.tenant);
        const { rows: kept, free } = pair(inputs.hosts, own, [(host, row) => nameOf(host) === nameOf(row)]);
        for (const row of [...free].filter(({ uuid }) => uuid in state.uuids)) {
            await removeHost(writer, row, all, inputs.tenant);
            delete state.uuids[row.uuid];
        }
        for (const host of inputs.hosts) {
            const uuid = await save(writer, HOSTS, hostFields, host, kept.get(host));
            state.uuids[uuid] = nameOf(host);
            const aliases = tenantsRows(all.hostAliases, inputs.tenant).filter((row) => row["host"] === uuid);
            await writeAliases(writer, uuid, host, aliases);
        }
    },

    async remove(writer, { tenant }) {
        await removeNames(writer, tenant);
        return undefined;
    },
};

/** Deletes a tenant's host overrides with their aliases. @throws ConflictError where somebody else's alias points at one. */
export async function removeNames(writer: Writer, tenant: string): Promise<void> {
    const all = await readInventory(writer.client, ["hosts", "hostAliases"]);
    for (const row of tenantsRows(all.hosts, tenant)) {
        await removeHost(writer, row, all, tenant);
    }
}

/** @throws ConflictError where one of the names is somebody else's. */
function requireNames({ hosts, hostAliases }: Names, { tenant, hosts: wanted }: NamesInputs): void {
    for (const { hostname, domain, aliases } of wanted) {
        for (const name of [hostname, ...aliases].map((label) => nameOf({ hostname: label, domain }))) {
            const named = hosts.filter((row) => nameOf(row) === name);
            requireFree(named, tenant, `name ${name}`, "host override");
            const aliased = hostAliases.filter((row) => aliasName(row, hosts) === name);
            requireFree(aliased, tenant, `name ${name}`, "host alias");
        }
    }
}

/**
 * Brings a host's aliases to what is declared.
 *
 * @param uuid that of the host's override.
 * @param rows the tenant's own aliases of this host.
 */
async function writeAliases(writer: Writer, uuid: string, host: RouterHost, rows: readonly Row[]): Promise<void> {
    const { rows: kept, free } = pair(host.aliases, rows, [(label, row) => text(row, "hostname") === label]);
    await remove(writer, HOST_ALIASES, [...free]);
    for (const label of host.aliases) {
        await save(writer, HOST_ALIASES, aliasFields(uuid), { ...host, hostname: label }, kept.get(label));
    }
}

/**
 * Deletes a host override with its own aliases.
 *
 * @throws ConflictError where somebody else's alias points at it, since OPNsense would delete that, too.
 */
async function removeHost(writer: Writer, row: Row, { hostAliases }: Names, tenant: string): Promise<void> {
    const pointing = hostAliases.filter((alias) => alias["host"] === row.uuid);
    requireFree(pointing, tenant, `host override ${nameOf(row)} cannot be deleted: it`, "host alias");
    await remove(writer, HOST_ALIASES, pointing);
    await remove(writer, HOSTS, [row]);
}

function hostRecord(row: Row, aliases: readonly Row[]): RouterHost {
    const own = aliases.filter((alias) => alias["host"] === row.uuid);
    return { ...recordOf(hostFields, row), aliases: own.map((alias) => aliasLabel(alias, row)).sort() };
}

/** An alias as records have it: its label where it is in the host's own zone and enabled, else what is odd about it. */
function aliasLabel(alias: Row, host: Row): string {
    const domain = text(alias, "domain");
    const label = text(alias, "hostname");
    const name = domain === "" || domain === host["domain"] ? label : `${label}.${domain}`;
    return text(alias, "enabled") === "0" ? `${name} (disabled)` : name;
}

function byName(one: RouterHost, other: RouterHost): number {
    return one.hostname < other.hostname ? -1 : 1;
}
