import type { Door, UnreadDoor } from "../router/inventory";
import { THERE, type Finding, type Settle, type Subject, type SubjectKind, type Value } from "../substrate/findings";
import { purposeOf } from "../substrate/recordOwnership";
import type { Substrate } from "../substrate/substrate";
import { NOTHING, type DriftRow } from "./row";

type Words = Pick<DriftRow, "what" | "declared" | "found" | "settle">;

/** A finding of the core router in words. */
export function routerWords({ name }: Substrate, finding: Finding): Words {
    const { subject, field, declared, found, settle } = finding;
    const what = SUBJECTS[subject.kind]?.(subject, isUndeclared(settle)) ?? `${subject.kind} ${subject.id}`;
    const side = SIDES[[subject.kind, field].filter(Boolean).join(" ")] ?? plain;
    return {
        what: field === undefined ? what : `${what}: ${field}${subject.kind === "vlan" ? ` of ${subject.name}` : ""}`,
        declared: side(declared, finding),
        found: side(found, finding),
        settle: settleWords(name, settle),
    };
}

/** A record on the router that is left of a tenant, in words. */
export function leftoverWords(subject: Subject): string {
    const { kind, id, name = "" } = subject;
    const what = kind === "vlan" ? `VLAN device ${name}` : SUBJECTS[kind]?.(subject, kind === "rule");
    return `router: ${what ?? `${kind} ${id}`}`;
}

/** Subjects as a person calls them, where it is not by their kind and id. */
const SUBJECTS: Partial<Record<SubjectKind, (subject: Subject, undeclared: boolean) => string>> = {
    vlan: ({ id, name }, undeclared) => `VLAN ${id}${undeclared ? ` on ${name}` : ""}`,
    scope: ({ id }) => `DHCP scope ${id}`,
    reservation: ({ id, name }) => `reservation ${id}${name === undefined ? "" : ` (${name})`}`,
    // Somebody else's rule is told in full.
    rule: ({ id, name = "", uuid }, undeclared) =>
        undeclared ? `rule ${name}` : `rule ${id} (${uuid === undefined ? purposeOf(name) : name})`,
    alias: ({ id, name }, undeclared) => `alias ${undeclared ? name : id}`,
    wall: ({ id }) => `wall (${purposeOf(id)})`,
    forward: ({ id, name }) => `port forward ${id} (${name})`,
    outbound: ({ id, name }) => `outbound NAT ${id} (${name})`,
    oneToOne: ({ id, name }) => `one-to-one NAT ${id} (${name})`,
    run: () => "records of a run that did not end, or is still on its way",
    service: ({ id }) => id,
};

/** Values by their subject's kind and field, where they are not told as they are. */
const SIDES: Readonly<Record<string, (value: Value, finding: Finding) => string>> = {
    vlan: (nic, { declared }) => (nic === undefined || declared === undefined ? plain(nic) : `on ${plain(nic)}`),
    "vlan interface": (value, { declared }) => (value === declared ? plain(value) : interfaceWords(fieldsOf(value))),
    scope: (pool, { declared }) => (declared === undefined || pool === undefined ? plain(pool) : `pool ${plain(pool)}`),
    "scope served by Kea": (served) => (served === true ? "yes" : "no"),
    name: nameWords,
    rule: eachTenant(ruleWords),
    wall: (open) => (open === undefined ? "closed" : `open: ${plain(open)}`),
    forward: eachTenant(forwardWords),
    outbound: eachTenant(translationWords),
    oneToOne: eachTenant(translationWords),
    service: (runs) => (runs === THERE ? "runs" : NOTHING),
    run: (value) => (value === "saved" ? "saved, perhaps not active" : plain(value)),
};

/** Effects of rules beside what their fields say, in words. */
const EFFECTS: Readonly<Record<string, string>> = {
    ipv6: "lets IPv6 through:",
    blocksInto: "blocks on the way to the tenant:",
};

/** A value that is told as it is, or a list of such. */
function plain(value: Value): string {
    const all = [value].flat() as readonly (string | number | boolean | undefined)[];
    const words = all.filter((one) => one !== undefined && one !== "").map((one) => (one === THERE ? "there" : one));
    return words.length === 0 ? NOTHING : words.join(" ");
}

function fieldsOf(value: Value): Readonly<Record<string, Value>> {
    return (value ?? {}) as Readonly<Record<string, Value>>;
}

/** The interface that a VLAN is assigned to. */
function interfaceWords({ identifier, enabled, address }: Readonly<Record<string, Value>>): string {
    if (identifier === undefined) {
        return "not assigned";
    }
    return enabled === true ? plain(address || "no address") : `${plain(identifier)}, not enabled`;
}

function nameWords(value: Value): string {
    if (typeof value !== "object") {
        return plain(value);
    }
    const { aliasOf } = fieldsOf(value);
    return aliasOf === undefined ? "an alias" : `alias of ${plain(aliasOf)}`;
}

/** Words of what a row does to one tenant, or to each of several. */
function eachTenant(words: (value: Value, finding: Finding) => string): (value: Value, finding: Finding) => string {
    return (value, finding) => {
        if (!Array.isArray(value)) {
            return typeof value === "object" ? words(value, finding) : plain(value);
        }
        const each = (value as readonly Value[]).map((one) => fieldsOf(one));
        return each.map(({ tenant, found }) => `${plain(tenant)}: ${words(found, finding)}`).join("; ");
    };
}

function forwardWords(value: Value): string {
    const { on, protocol, destination, target, passes } = fieldsOf(value);
    const past = passes === true ? ", past every rule" : "";
    return `on ${plain(on)}: ${plain(protocol)} for ${plain(destination)} goes to ${plain(target)}${past}`;
}

/** NAT of a source's address; without another address it is none. */
function translationWords(value: Value): string {
    const { on, source, destination, as } = fieldsOf(value);
    const to = as === undefined ? "keeps its address" : `appears as ${plain(as)}`;
    return `on ${plain(on)}: ${plain(source)} ${to} to ${plain(destination)}`;
}

/** A rule as a whole, the fields of it that differ, or what one that is in no file does. */
function ruleWords(value: Value, finding: Finding): string {
    const { action, protocol, destination } = fieldsOf(value);
    if (finding.found === undefined) {
        return `${plain(action)} ${plain(protocol)} to ${plain(destination)}`;
    }
    return Object.entries(fieldsOf(value)).map(effectWords).join(", ");
}

/** One field of a rule that differs, or one thing that a rule does. */
function effectWords([field, value]: [string, Value]): string {
    if (field === "undecided") {
        const { source, to, port } = fieldsOf(value);
        const end = [to, port].filter(Boolean).map(plain).join(" port ");
        return `passes, and nobody here can tell what: ${plain(source)} to ${end}`;
    }
    if (field in EFFECTS) {
        const { source, destination } = fieldsOf(value);
        return `${EFFECTS[field]} ${plain(source)} to ${plain(destination)}`;
    }
    return `${field} ${plain(value || "empty")}`;
}

function isUndeclared(settle: Settle): boolean {
    return settle.by === "menu" && settle.remove === true;
}

function settleWords(substrate: string, settle: Settle): string {
    switch (settle.by) {
        case "export":
            return `tenants router-vars ${substrate}, and run the site's collection with it`;
        case "start":
            return "by hand, on the router: start it, and see its log where it does not stay";
        case "menu":
            return isUndeclared(settle)
                ? `delete it by hand, on the router: ${settle.menu}; or declare its tenant`
                : `by hand, on the router: ${settle.menu}`;
        default:
            return `tenants up ${substrate}`;
    }
}

const DOORS: Readonly<Record<Door, { readonly name: string; readonly since: string }>> = {
    groups: { name: "rules of interface groups", since: "25.1" },
    forwards: { name: "port forwards", since: "26.1" },
    outbound: { name: "outbound NAT", since: "25.1" },
    oneToOne: { name: "one-to-one NAT", since: "25.1" },
};

/** A kind of door that drift could not look at, and what opens it, in words. */
export function unreadWords({ door, privilege }: UnreadDoor): string {
    const { name, since } = DOORS[door];
    const how =
        privilege === undefined
            ? `the API of the router's version does not tell of them; OPNsense ${since} or newer does`
            : `give the key's user the privilege ${JSON.stringify(privilege)} (docs/core-router.md)`;
    return `router: not looked at: ${name}; ${how}`;
}
