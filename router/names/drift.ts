import { THERE, type Finding } from "../../substrate/findings";
import { pair, type Paired, type Same } from "../../substrate/pair";
import type { Row } from "../client";
import { fieldFindings, finding, isStrict, MENU, ofVm, settleRow, type RouterView } from "../drift/view";
import type { RouterHost } from "../recordTypes";
import { text } from "../rows";
import { aliasFields, aliasName, hostFields, nameOf } from "./fields";

/** Records in the tenant's zone that are nothing yet. */
interface Free {
    readonly hosts: Set<Row>;
    readonly aliases: Set<Row>;
}

/** Drift of a tenant's names: those that are missing or differ, and those in its zone that no file has. */
export function nameFindings(view: RouterView): Finding[] {
    const { hosts } = view.records.names;
    const all = view.inventory;
    const inZone = (name: string) => name.endsWith(`.${view.tenant.zone}`) || name === view.tenant.zone;
    const inside = all.hosts.filter((row) => inZone(nameOf(row)));
    const { rows: paired, free: unpaired } = pairHosts(hosts, inside);
    const free: Free = {
        hosts: new Set(unpaired),
        aliases: new Set(all.hostAliases.filter((row) => inZone(aliasName(row, all.hosts)))),
    };
    const declared = hosts.flatMap((host) => [
        ...hostFindings(view, host, paired.get(host)),
        ...aliasFindings(view, host, paired.get(host), free),
    ]);
    const extra = (row: Row, id: string, found: Finding["found"]) =>
        finding(view, { kind: "name", id }, { found, ...settleRow(view, row, MENU.names) });
    return [
        ...declared,
        ...[...free.hosts].map((row) => extra(row, nameOf(row), text(row, "server") || THERE)),
        ...[...free.aliases].map((row) =>
            extra(row, aliasName(row, all.hosts), { aliasOf: hostNameOf(all.hosts, text(row, "host")) }),
        ),
    ];
}

/** Which record each host is, by its name, else by its address, as of one that was given another name. */
function pairHosts(hosts: readonly RouterHost[], rows: readonly Row[]): Paired<RouterHost, Row> {
    const unlessAlias = (same: Same<RouterHost, Row>) => (host: RouterHost, row: Row) =>
        same(host, row) && !isAliasOfOther(row, host, hosts);
    const sameName = unlessAlias((host, row) => nameOf(row) === nameOf(host));
    const sameAddress = unlessAlias((host, row) => text(row, "server") === host.address);
    return pair(hosts, rows, [sameName, sameAddress]);
}

/** Whether a record has a name that is declared as an alias: an address record does as well as an alias. */
function isAliasOfOther(row: Row, host: RouterHost, hosts: readonly RouterHost[]): boolean {
    const name = nameOf(row);
    return name !== nameOf(host) && hosts.some((one) => aliasNames(one).includes(name));
}

function aliasNames({ aliases, domain }: RouterHost): string[] {
    return aliases.map((label) => nameOf({ hostname: label, domain }));
}

function hostFindings(view: RouterView, host: RouterHost, row: Row | undefined): Finding[] {
    const about = ofVm(view, "name", nameOf(host), host.hostname);
    return row === undefined
        ? [finding(view, about, { declared: host.address })]
        : fieldFindings(view, about, { fields: hostFields, record: host, row, menu: MENU.names });
}

/** An alias is there where it leads to its host: as an alias of the host's record, or, in mode export, by the address. */
function aliasFindings(view: RouterView, host: RouterHost, hostRow: Row | undefined, free: Free): Finding[] {
    const { hosts } = view.inventory;
    const strict = isStrict(view);
    const server = (uuid: string) => text(hosts.find((row) => row.uuid === uuid) ?? {}, "server");
    const leads = (uuid: string) => (strict ? uuid === hostRow?.uuid : server(uuid) === host.address);
    const names = aliasNames(host);
    return host.aliases.flatMap((label, i) => {
        const named = (row: Row) => aliasName(row, hosts) === names[i];
        const renamed = (row: Row) => leads(text(row, "host")) && !names.includes(aliasName(row, hosts));
        const own = [...free.aliases].find(named);
        const address = [...free.hosts].find((row) => nameOf(row) === names[i] && row["server"] === host.address);
        if (own === undefined && address !== undefined && !strict) {
            free.hosts.delete(address);
            return [];
        }
        const row = own ?? [...free.aliases].find(renamed);
        if (row !== undefined) {
            free.aliases.delete(row);
        }
        // With the host's record its aliases went: they are told with it.
        if (hostRow === undefined) {
            return [];
        }
        const about = ofVm(view, "name", names[i]!, host.hostname);
        if (row === undefined) {
            return [finding(view, about, { declared: { aliasOf: nameOf(host) } })];
        }
        const fields = aliasFields(hostRow.uuid, {
            name: (values) => aliasName(values, hosts),
            host: (uuid) => (leads(uuid) ? nameOf(host) : hostNameOf(hosts, uuid)),
        });
        return fieldFindings(view, about, { fields, record: { ...host, hostname: label }, row, menu: MENU.names });
    });
}

/** Full name of the host of a uuid; empty where there is none. */
function hostNameOf(hosts: readonly Row[], uuid: string): string {
    const host = hosts.find((row) => row.uuid === uuid);
    return host === undefined ? "" : nameOf(host);
}
