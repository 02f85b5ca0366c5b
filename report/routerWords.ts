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
    service: ({ id }) => id,
};

/** Values by their subject's kind and field, where they are not told as they are. */
const SIDES: Readonly<Record<string, (value: Value, finding: Finding) => string>> = {
    vlan: (nic, { declared }) => (nic === undefined || declared === undefined ? plain(nic) : `on ${plain(nic)}`),
    "vlan interface": (value, { declared }) => (value === declared ? plain(value) : interfaceWords(fieldsOf(value))),
    scope: (pool, { declared }) => (declared === undefined || pool === undefined ? plain(pool) : `pool ${plain(pool)}`),
    "scope served by Kea": (served) => (served === true ? "yes" : "no"),
    name: nameWords,
    rule: ruleWords,
    wall: (open) => (open === undefined ? "closed" : `open: ${plain(open)}`),
    service: (runs) => (runs === THERE ? "runs" : NOTHING),
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

/** A rule as a whole, the fields of it that differ, or what one that is in no file does: to one tenant or to several. */
function ruleWords(value: Value, finding: Finding): string {
    if (Array.isArray(value)) {
        const each = (value as readonly Value[]).map(fieldsOf);
        return each.map(({ tenant, found }) => `${plain(tenant)}: ${ruleWords(found, finding)}`).join("; ");
    }
    if (typeof value !== "object") {
        return plain(value);
    }
    const { action, protocol, destination, undecided } = fieldsOf(value);
    if (finding.found === undefined) {
        return `${plain(action)} ${plain(protocol)} to ${plain(destination)}`;
    }
    if (undecided !== undefined) {
        const { source, to, port } = undecided as Readonly<Record<string, string>>;
        return `passes, and nobody here can tell what: ${source} to ${[to, port].filter(Boolean).join(" port ")}`;
    }
    return Object.entries(fieldsOf(value))
        .map(([field, one]) => `${field} ${plain(one || "empty")}`)
        .join(", ");
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
