import type { Row } from "../client";
import { fixedField, textField, type Field, type Section } from "../fields";
import type { RouterHost } from "../recordTypes";
import { text } from "../rows";

export const HOSTS: Section = {
    service: "unbound",
    record: "host",
    endpoint: (verb) => `unbound/settings/${verb}HostOverride`,
};
export const HOST_ALIASES: Section = {
    service: "unbound",
    record: "alias",
    endpoint: (verb) => `unbound/settings/${verb}HostAlias`,
};

/** A host override, but for its aliases. */
export const hostFields: readonly Field<RouterHost>[] = [
    textField("hostname", "hostname", { name: "name", told: nameOf }),
    textField("domain", "domain", { told: false }),
    textField("address", "server", { name: "address" }),
    fixedField("enabled", "1"),
    fixedField("rr", "A", { name: "kind" }),
    fixedField("addptr", "1", { name: "reverse record", strict: true }),
    textField("description", "description", { strict: true }),
];

/** How drift tells of a host alias. */
interface AliasWords {
    /** Full name of an alias. */
    readonly name: (values: object) => string;
    /** Full name of the host of a uuid. */
    readonly host: (uuid: string) => string;
}

/**
 * The alias of a host that has its label as hostname.
 *
 * @param host uuid of the host's override.
 */
export function aliasFields(host: string, words?: AliasWords): Field<Omit<RouterHost, "address" | "aliases">>[] {
    return [
        textField("hostname", "hostname", { name: "name", ...(words && { told: words.name }) }),
        textField("domain", "domain", { told: false }),
        fixedField("host", host, { name: "alias of", ...(words && { normalise: words.host }) }),
        fixedField("enabled", "1"),
        textField("description", "description", { strict: true }),
    ];
}

/** Full name of a host, be it declared or a row. */
export function nameOf(host: object): string {
    return `${text(host, "hostname")}.${text(host, "domain")}`.toLowerCase();
}

/** Full name of a host alias; one without a domain is in its host's. */
export function aliasName(alias: object, hosts: readonly Row[]): string {
    const host = hosts.find(({ uuid }) => uuid === text(alias, "host"));
    return nameOf({
        hostname: text(alias, "hostname"),
        domain: text(alias, "domain") || (host === undefined ? "" : text(host, "domain")),
    });
}
