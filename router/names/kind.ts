import type { RouterHost, RouterNames } from "../recordTypes";
import type { Row, RouterClient } from "../client";
import { removeAliases, writeAliases } from "./aliases";
import type { Kept, Kind, Target } from "../kind";
import { changedByHand, requireFree, tenantsRows, text } from "../ownership";
import type { Writer } from "../queue";

export type NamesInputs = Target & RouterNames;

const SETTINGS = "unbound/settings";

/** As every host override of ours has it. */
const FIXED: Readonly<Record<string, string>> = { enabled: "1", rr: "A", addptr: "1" };

/** Host overrides and host aliases as Unbound has them, everybody's. */
interface Names {
    readonly hosts: readonly Row[];
    readonly aliases: readonly Row[];
}

/** Unbound host overrides in the tenant's zone, with their aliases. */
export const namesKind: Kind<NamesInputs, Kept> = {
    name: "names",
    identity: ["tenant"],
    id: ({ tenant }) => tenant,
    descriptions: ({ hosts }) => hosts.map(({ description }) => description),
    emptyState: () => ({ uuids: {}, unapplied: [] }),
    services: ({ hosts }) => (hosts.length > 0 ? ["unbound"] : []),

    async read(client, inputs, state) {
        const all = await names(client);
        const rows = tenantsRows(all.hosts, inputs.tenant);
        if (rows.length === 0 && inputs.hosts.length > 0) {
            return undefined;
        }
        const hosts = rows.map((row) => hostRecord(row, tenantsRows(all.aliases, inputs.tenant)));
        return {
            inputs: { ...inputs, hosts: hosts.map((host) => inDeclaredOrder(host, inputs.hosts)).sort(byName) },
            state: { ...state, uuids: Object.fromEntries(rows.map((row) => [row.uuid, nameOf(row)])) },
        };
    },

    async write(writer, inputs, state) {
        const all = await names(writer.client);
        requireNames(all, inputs);
        const { kept, leaving } = sorted(tenantsRows(all.hosts, inputs.tenant), inputs, state);
        for (const row of leaving) {
            await removeHost(writer, row, all, inputs.tenant);
            delete state.uuids[row.uuid];
        }
        for (const host of inputs.hosts) {
            const uuid = await writeHost(writer, host, kept.get(fqdn(host)));
            state.uuids[uuid] = fqdn(host);
            const own = tenantsRows(all.aliases, inputs.tenant).filter((row) => row["host"] === uuid);
            await writeAliases(writer, uuid, host, own);
        }
    },

    async remove(writer, { tenant }) {
        const all = await names(writer.client);
        for (const row of tenantsRows(all.hosts, tenant)) {
            await removeHost(writer, row, all, tenant);
        }
        return undefined;
    },
};

async function names(client: RouterClient): Promise<Names> {
    return {
        hosts: await client.search(`${SETTINGS}/searchHostOverride`),
        aliases: await client.search(`${SETTINGS}/searchHostAlias`),
    };
}

/**
 * The tenant's rows by the host that each is, and those that go: listed in the state and declared no more, or a second one
 * of the same name.
 */
function sorted(rows: readonly Row[], { hosts }: NamesInputs, state: Kept) {
    const kept = new Map<string, Row>();
    const leaving: Row[] = [];
    for (const row of rows) {
        const name = nameOf(row);
        if (hosts.some((host) => fqdn(host) === name) && !kept.has(name)) {
            kept.set(name, row);
        } else if (row.uuid in state.uuids) {
            leaving.push(row);
        }
    }
    return { kept, leaving };
}

/** @throws ConflictError where one of the names is somebody else's. */
function requireNames({ hosts, aliases }: Names, { tenant, hosts: wanted }: NamesInputs): void {
    const called = new Map(hosts.map((row) => [row.uuid, row]));
    for (const host of wanted) {
        for (const name of [host.hostname, ...host.aliases].map((label) => `${label}.${host.domain}`.toLowerCase())) {
            requireFree(
                hosts.filter((row) => nameOf(row) === name),
                tenant,
                `name ${name}`,
                "host override",
            );
            requireFree(
                aliases.filter((row) => aliasName(row, called.get(text(row, "host"))) === name),
                tenant,
                `name ${name}`,
                "host alias",
            );
        }
    }
}

async function writeHost(writer: Writer, host: RouterHost, row: Row | undefined): Promise<string> {
    const fields = {
        ...FIXED,
        hostname: host.hostname,
        domain: host.domain,
        server: host.address,
        description: host.description,
    };
    if (row !== undefined && Object.entries(fields).every(([name, value]) => text(row, name) === value)) {
        return row.uuid;
    }
    writer.dirty("unbound");
    if (row !== undefined) {
        await writer.client.set(`${SETTINGS}/setHostOverride/${row.uuid}`, { host: fields });
        return row.uuid;
    }
    return writer.client.add(`${SETTINGS}/addHostOverride`, { host: fields });
}

/**
 * Deletes a host override with its own aliases.
 *
 * @throws ConflictError where somebody else's alias points at it, since OPNsense would delete that, too.
 */
async function removeHost(writer: Writer, row: Row, { aliases }: Names, tenant: string): Promise<void> {
    const pointing = aliases.filter((alias) => alias["host"] === row.uuid);
    requireFree(pointing, tenant, `host override ${nameOf(row)} cannot be deleted: it`, "host alias");
    await removeAliases(writer, pointing);
    writer.dirty("unbound");
    await writer.client.delete(`${SETTINGS}/delHostOverride/${row.uuid}`, text(row, "description"));
}

function hostRecord(row: Row, aliases: readonly Row[]): RouterHost {
    const own = aliases.filter((alias) => alias["host"] === row.uuid);
    return {
        hostname: text(row, "hostname"),
        domain: text(row, "domain"),
        address: text(row, "server"),
        description: text(row, "description"),
        aliases: own.map((alias) => aliasLabel(alias, row)).sort(),
        ...changedByHand(row, FIXED),
    };
}

/** An alias as records have it: its label where it is in the host's own zone and enabled, else what is odd about it. */
function aliasLabel(alias: Row, host: Row): string {
    const domain = text(alias, "domain");
    const label = text(alias, "hostname");
    const name = domain === "" || domain === host["domain"] ? label : `${label}.${domain}`;
    return text(alias, "enabled") === "0" ? `${name} (disabled)` : name;
}

/** A host with its aliases in the order in which they are declared, where they are the same ones. */
function inDeclaredOrder(host: RouterHost, declared: readonly RouterHost[]): RouterHost {
    const same = declared.find((one) => fqdn(one) === fqdn(host));
    const aliases = same && [...same.aliases].sort().join() === host.aliases.join() ? same.aliases : host.aliases;
    return { ...host, aliases };
}

function fqdn({ hostname, domain }: Pick<RouterHost, "hostname" | "domain">): string {
    return `${hostname}.${domain}`.toLowerCase();
}

function nameOf(row: Row): string {
    return `${text(row, "hostname")}.${text(row, "domain")}`.toLowerCase();
}

/** An alias without a domain is in its host's. */
function aliasName(row: Row, host: Row | undefined): string {
    const domain = text(row, "domain") || (host === undefined ? "" : text(host, "domain"));
    return `${text(row, "hostname")}.${domain}`.toLowerCase();
}

function byName(one: RouterHost, other: RouterHost): number {
    return one.hostname < other.hostname ? -1 : 1;
}
