import { elementIn, THERE, type Finding, type Settle, type Value } from "../substrate/findings";
import type { Substrate } from "../substrate/substrate";
import { nodeSettleText } from "./nodeSettle";
import { NOTHING, type Words } from "./row";

/** The words of a finding on a node: a VM's, its firewall's, a pool's or a guest's that no file declares. */
export function nodeWords({ name }: Pick<Substrate, "name">, finding: Finding): Words {
    const { subject, field, declared, found, settle } = finding;
    const about = aboutOf(subject);
    return {
        what: field === undefined ? about : `${about}: ${fieldText(field)}`,
        declared: declared === undefined ? NOTHING : valueText(field, declared),
        found: foundText(field, found, settle),
        settle: nodeSettleText(name, settle),
    };
}

/** A thing on a node as a person knows it. */
function aboutOf({ kind, id, name = "" }: Finding["subject"]): string {
    if (kind === "firewall") {
        return id === "datacentre" ? "datacentre firewall" : `firewall of node ${id}`;
    }
    const kinds: Partial<Record<typeof kind, string>> = { vm: "VM", backupJob: "backup job" };
    return `${kinds[kind] ?? kind} ${id} ${name}`.trim();
}

/** Fields as a person knows them; others are told by the provider's own path. */
const NAMES: Readonly<Record<string, string>> = {
    "cpu.cores": "cores",
    "cpu.type": "CPU type",
    "memory.dedicated": "memory",
    "memory.floating": "balloon",
    poolId: "pool",
    started: "power",
    rebuild: "made as declared by rebuild",
    "rules.order": "firewall rules' order",
    "cpu.sockets": "sockets",
    "operatingSystem.type": "OS type",
    scsiHardware: "SCSI controller",
    bootOrders: "boot order",
    tabletDevice: "tablet",
    keyboardLayout: "keyboard",
    "initialization.dns.servers": "cloud-init's DNS server",
    "initialization.dns.domain": "cloud-init's search domain",
    "initialization.ipConfigs": "cloud-init's address",
    "initialization.userAccount.username": "cloud-init's account",
    "initialization.userAccount.keys": "cloud-init's SSH keys",
    "initialization.userAccount.password": "cloud-init's password",
    "initialization.upgrade": "cloud-init's upgrade",
    "initialization.type": "cloud-init's format",
};

/** Parts of a VM's firewall. */
const PARTS: Readonly<Record<string, string>> = {
    firewall: "firewall",
    rules: "firewall rules",
    ipset: "address filter",
};

/** Words before the elements of lists. */
const ELEMENTS: Readonly<Record<string, string>> = {
    rules: "firewall rule",
    networkDevices: "",
    disks: "disk",
    "ipset.cidrs": "address filter address",
    ipsets: "firewall ipset",
};

function fieldText(field: string): string {
    const { list = "", element = "", property } = elementIn(field) ?? {};
    if (list !== "") {
        const name = `${ELEMENTS[list]} ${element || "without a comment"}`.trim();
        return property === undefined ? name : `${name}: ${property}`;
    }
    const [part = "", ...rest] = field.split(".");
    return NAMES[field] ?? [PARTS[part] ?? part, rest.join(".")].filter(Boolean).join(part in PARTS ? " " : ".");
}

/** Values as a person knows them, by their fields. */
const VALUES: Readonly<Record<string, (value: Value) => string>> = {
    "memory.dedicated": (value) => `${text(value, "0")}MiB`,
    "memory.floating": (value) => `${text(value, "0")}MiB`,
    started: (value) => (value === true ? "running" : "stopped"),
    "firewall.options": (value) =>
        parts(value)
            .map(([key, one]) => `${key} ${text(one)}`)
            .join(", "),
};

/** Properties that say of an element that is missing, or nobody's, what it is. */
const TELLING: Readonly<Record<string, readonly string[]>> = {
    networkDevices: ["bridge", "macAddress", "vlanId"],
    disks: ["datastoreId", "size"],
    "ipset.cidrs": ["name"],
};

function valueText(field: string | undefined, value: Value): string {
    const { list, property } = elementIn(field ?? "") ?? {};
    if (field === undefined || field in PARTS || list === "ipsets") {
        return value === THERE ? "there" : text(value);
    }
    return list === undefined ? (VALUES[field]?.(value) ?? text(value)) : ofElement(list, property, value);
}

function ofElement(list: string, property: string | undefined, value: Value): string {
    if (property !== undefined) {
        return property === "size" ? `${text(value)}GiB` : text(value);
    }
    return typeof value === "string" ? value : elementText(list, Object.fromEntries(parts(value)));
}

function elementText(list: string, element: Readonly<Record<string, Value>>): string {
    const told = TELLING[list]?.map((name) => text(element[name], "")).filter(Boolean);
    return told?.join(" ") ?? ruleText(element);
}

function foundText(field: string | undefined, found: Value, settle: Settle): string {
    if (settle.by === "recover") {
        return `${text(found)}, which the state does not have`;
    }
    if (settle.by === "guest") {
        const { status, pool, tags, nics } = Object.fromEntries(parts(found));
        const words = [text(status, ""), pool ? `pool ${text(pool)}` : "", `tags ${text(tags)}`, nicsText(nics)];
        return words.filter(Boolean).join(", ");
    }
    return field === "rebuild" ? "as made before" : found === undefined ? NOTHING : valueText(field, found);
}

/** NICs of a guest in tenants' segments. */
function nicsText(nics: Value): string {
    const each = Array.isArray(nics) ? (nics as readonly Value[]).map((nic) => Object.fromEntries(parts(nic))) : [];
    return each
        .map(({ nic, by, vlans }) =>
            by === "all"
                ? `${text(nic)} without a tag, so in all VLANs`
                : `${text(nic)} in VLAN ${text(vlans)} by ${text(by)}`,
        )
        .join(", ");
}

/** A firewall rule by the provider's names; what PVE leaves out is any. */
function ruleText(rule: Readonly<Record<string, Value>>): string {
    const words = [
        ...[
            ["", "action"],
            ["", "type"],
            ["macro", "macro"],
            ["group", "securityGroup"],
        ],
        ...[
            ["from", "source"],
            ["port", "sport"],
            ["to", "dest"],
            ["", "proto"],
        ],
        ...[
            ["port", "dport"],
            ["on", "iface"],
            ["log", "log"],
        ],
    ].map(([before, key]) => [before, text(rule[key!], "")] as const);
    const content = words.filter(([, value]) => value !== "").map((word) => word.join(" ").trim());
    const comment = text(rule["comment"], "");
    return `${content.join(" ")}${comment === "" ? "" : ` (${comment})`}${rule["enabled"] === false ? ", off" : ""}`;
}

/** The properties of a mapping. */
function parts(value: Value): [string, Value][] {
    return typeof value === "object" && value !== null ? Object.entries(value) : [];
}

/** A value as a person reads it: one without content is NOTHING. */
function text(value: Value, nothing = NOTHING): string {
    if (value === undefined || value === null || value === "") {
        return nothing;
    }
    if (typeof value !== "object") {
        return String(value);
    }
    if (Array.isArray(value)) {
        return value.length === 0 ? nothing : (value as readonly Value[]).map((one) => text(one)).join(", ");
    }
    const told = parts(value).filter(([key, one]) => key !== "__defaults" && text(one, "") !== "");
    return told.length === 0 ? nothing : told.map(([key, one]) => `${key} ${text(one)}`).join(" ");
}
