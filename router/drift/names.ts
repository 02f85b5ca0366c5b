import { NOTHING, type DriftRow } from "../../report/drift";
import { fieldOf, type FoundRow } from "../found";
import type { RouterHost } from "../recordTypes";
import { pair, type Paired, type Same } from "../../substrate/pair";
import { driftRow, fieldRows, isStrict, MENU, settleByWriter, settleRecord, type Field, type RouterView } from "./view";

/** Names of a tenant that are missing or differ, and those in its zone that no file has. */
export function nameRows(view: RouterView): DriftRow[] {
    const { hosts } = view.records.names;
    const inZone = (name: string) => name.endsWith(`.${view.tenant.zone}`) || name === view.tenant.zone;
    const inside = view.found.hosts.filter((row) => inZone(hostName(row)));
    const { rows: paired, free: unpaired } = pairedHosts(hosts, inside);
    const free = new Set(unpaired);
    const aliases = new Set(view.found.hostAliases.filter((row) => inZone(aliasName(view, row))));
    const declared = hosts.flatMap((host) => [
        ...hostRows(view, host, paired.get(host)),
        ...aliasRows(view, host, paired.get(host), { aliases, hosts: free }),
    ]);
    const extra = [
        ...[...free].map((row) => extraRow(view, row, hostName(row), fieldOf(row, "server"))),
        ...[...aliases].map((row) => extraRow(view, row, aliasName(view, row), `alias of ${targetOf(view, row)}`)),
    ];
    return [...declared, ...extra];
}

/** Which record each host is, by its name, else by its address, as of one that was given another name. */
function pairedHosts(hosts: readonly RouterHost[], rows: readonly FoundRow[]): Paired<RouterHost, FoundRow> {
    const unlessAlias = (same: Same<RouterHost, FoundRow>) => (host: RouterHost, row: FoundRow) =>
        same(host, row) && !isAliasOfOther(row, host, hosts);
    const sameName = unlessAlias((host, row) => hostName(row) === nameOf(host));
    const sameAddress = unlessAlias((host, row) => fieldOf(row, "server") === host.address);
    return pair(hosts, rows, [sameName, sameAddress]);
}

/** Whether a record has a name that is declared as an alias: an address record does as well as an alias. */
function isAliasOfOther(row: FoundRow, host: RouterHost, hosts: readonly RouterHost[]): boolean {
    const name = hostName(row);
    return name !== nameOf(host) && hosts.some((one) => one.aliases.some((label) => `${label}.${one.domain}` === name));
}

function hostRows(view: RouterView, host: RouterHost, row: FoundRow | undefined): DriftRow[] {
    const what = `name ${nameOf(host)}`;
    if (row === undefined) {
        return [driftRow(view, what, { declared: host.address, settle: settleByWriter(view.substrate) })];
    }
    const strict: Field[] = [
        ["reverse record", "1", fieldOf(row, "addptr")],
        ["description", host.description, fieldOf(row, "description")],
    ];
    const fields: Field[] = [
        ["name", nameOf(host), hostName(row)],
        ["address", host.address, fieldOf(row, "server")],
        ["enabled", "1", fieldOf(row, "enabled")],
        ["kind", "A", fieldOf(row, "rr")],
        ...(isStrict(view) ? strict : []),
    ];
    return fieldRows(view, what, fields, settleRecord(view, row, MENU.names));
}

/** Records in the tenant's zone that are nothing yet. */
interface Free {
    readonly aliases: Set<FoundRow>;
    readonly hosts: Set<FoundRow>;
}

/** An alias is there where it leads to its host: as an alias of the host's record, or, in mode export, by the address. */
function aliasRows(view: RouterView, host: RouterHost, hostRow: FoundRow | undefined, free: Free): DriftRow[] {
    const leads = (row: FoundRow) =>
        isStrict(view) ? row["host"] === hostRow?.uuid : hostOf(view, row)?.["server"] === host.address;
    const others = new Set(host.aliases.map((label) => `${label}.${host.domain}`));
    return host.aliases.flatMap((label) => {
        const name = `${label}.${host.domain}`;
        const address = [...free.hosts].find((row) => hostName(row) === name && row["server"] === host.address);
        const own = [...free.aliases].find((row) => aliasName(view, row) === name);
        const renamed = [...free.aliases].find((row) => leads(row) && !others.has(aliasName(view, row)));
        const row = own ?? renamed;
        if (own === undefined && address !== undefined && !isStrict(view)) {
            free.hosts.delete(address);
            return [];
        }
        // With the host's record its aliases went: they are told with it.
        if (row === undefined) {
            return hostRow === undefined ? [] : [missingAlias(view, name, host)];
        }
        free.aliases.delete(row);
        return hostRow === undefined ? [] : aliasFields(view, { name, host, row, leads: leads(row) });
    });
}

function missingAlias(view: RouterView, name: string, host: RouterHost): DriftRow {
    const settle = settleByWriter(view.substrate);
    return driftRow(view, `name ${name}`, { declared: `alias of ${nameOf(host)}`, settle });
}

interface FoundAlias {
    readonly name: string;
    readonly host: RouterHost;
    readonly row: FoundRow;
    readonly leads: boolean;
}

function aliasFields(view: RouterView, { name, host, row, leads }: FoundAlias): DriftRow[] {
    const declared = nameOf(host);
    const target = leads ? declared : targetOf(view, row);
    const strict: Field[] = [["description", host.description, fieldOf(row, "description")]];
    const fields: Field[] = [
        ["name", name, aliasName(view, row)],
        ["alias of", declared, target],
        ["enabled", "1", fieldOf(row, "enabled")],
        ...(isStrict(view) ? strict : []),
    ];
    return fieldRows(view, `name ${name}`, fields, settleRecord(view, row, MENU.names));
}

function extraRow(view: RouterView, row: FoundRow, name: string, found: string): DriftRow {
    return driftRow(view, `name ${name}`, { found, settle: settleRecord(view, row, MENU.names) });
}

function nameOf({ hostname, domain }: RouterHost): string {
    return `${hostname}.${domain}`.toLowerCase();
}

/** Full name of a host override. */
export function hostName(row: FoundRow): string {
    return `${fieldOf(row, "hostname")}.${fieldOf(row, "domain")}`.toLowerCase();
}

/** Full name of a host alias; one without a domain is in its host's. */
export function aliasName({ found }: Pick<RouterView, "found">, row: FoundRow): string {
    const host = found.hosts.find(({ uuid }) => uuid === row["host"]);
    const domain = fieldOf(row, "domain") || (host?.["domain"] ?? "");
    return `${fieldOf(row, "hostname")}.${domain}`.toLowerCase();
}

function hostOf({ found }: RouterView, row: FoundRow): FoundRow | undefined {
    return found.hosts.find(({ uuid }) => uuid === row["host"]);
}

function targetOf(view: RouterView, row: FoundRow): string {
    const host = hostOf(view, row);
    return host === undefined ? NOTHING : hostName(host);
}
