/** A resource as `pulumi stack export` gives it. */
export interface Exported {
    readonly urn: string;
    readonly type: string;
    readonly inputs?: Readonly<Record<string, unknown>>;
    readonly dependencies?: readonly string[];
    readonly propertyDependencies?: Readonly<Record<string, readonly string[] | null>>;
}

/** Terraform's JSON syntax: resources by type and name. */
export interface Configuration {
    readonly terraform: object;
    readonly provider: object;
    readonly resource: Record<string, Record<string, Block>>;
}

type Block = Record<string, unknown>;

/** The provider's resources by the token that the bridge gives them. */
const TYPES: Readonly<Record<string, string>> = {
    "proxmoxve:index/poolLegacy:PoolLegacy": "proxmox_virtual_environment_pool",
    "proxmoxve:index/vmLegacy:VmLegacy": "proxmox_virtual_environment_vm",
    "proxmoxve:firewall/optionsLegacy:OptionsLegacy": "proxmox_virtual_environment_firewall_options",
    "proxmoxve:firewall/rulesLegacy:RulesLegacy": "proxmox_virtual_environment_firewall_rules",
    "proxmoxve:firewall/ipsetLegacy:IpsetLegacy": "proxmox_virtual_environment_firewall_ipset",
};

/** Blocks that the bridge names in the plural. */
const SINGULAR: Readonly<Record<string, string>> = {
    disks: "disk",
    networkDevices: "network_device",
    ipConfigs: "ip_config",
    rules: "rule",
    cidrs: "cidr",
    serialDevices: "serial_device",
};

/** The one default that the bridge makes true and Terraform by itself does not. */
const MADE_TRUE = "serialDevices";

/**
 * The peer's configuration for the very work that our stack did: each resource of the provider with the inputs that our
 * program gave it, in Terraform's words, and the same order between them.
 *
 * @param exported resources of our state after a create.
 */
export function configurationOf(exported: readonly Exported[], endpoint: string): Configuration {
    const own = new Map(exported.filter(({ type }) => type in TYPES).map((one) => [one.urn, one]));
    const resource: Configuration["resource"] = {};
    for (const one of own.values()) {
        const blocks = (resource[TYPES[one.type]!] ??= {});
        blocks[nameOf(one)] = { ...inputsOf(one, own), ...lifecycleOf(one) };
    }
    return {
        terraform: { required_providers: { proxmox: { source: "bpg/proxmox" } } },
        provider: { proxmox: { endpoint } },
        resource,
    };
}

function nameOf({ urn }: Exported): string {
    return urn.slice(urn.lastIndexOf("::") + 2);
}

/** The peer ignores the same as the program: the template, which counts at creation only. */
function lifecycleOf({ type }: Exported): Block {
    return TYPES[type]!.endsWith("_vm") ? { lifecycle: { ignore_changes: ["clone"] } } : {};
}

function inputsOf(one: Exported, own: ReadonlyMap<string, Exported>): Block {
    const block = translated(one.inputs ?? {}) as Block;
    const nics = block["network_device"] as Block[] | undefined;
    if (nics !== undefined) {
        block["network_device"] = nics.map((nic) => ({ ...NO_NIC, ...nic }));
    }
    for (const [property, urns] of Object.entries(one.propertyDependencies ?? {})) {
        const target = (urns ?? []).map((urn) => own.get(urn)).find((found) => found !== undefined);
        if (target !== undefined) {
            block[snake(property)] = `\${${TYPES[target.type]}.${nameOf(target)}.${snake(property)}}`;
        }
    }
    // Our program starts a VM itself once its firewall stands; the peer has the provider do it.
    return TYPES[one.type]!.endsWith("_vm") ? { ...block, started: true } : block;
}

/** In Terraform's JSON syntax a NIC must name everything that it may have; null is what is not given. */
const NO_NIC: Block = Object.fromEntries(
    ["disconnected", "enabled", "mac_address", "mtu", "queues", "rate_limit", "trunks"].map((key) => [key, null]),
);

/** A value in Terraform's words, without the defaults that the bridge filled in. */
function translated(value: unknown): unknown {
    if (Array.isArray(value)) {
        return value.map(translated);
    }
    if (typeof value !== "object" || value === null) {
        return value;
    }
    const { __defaults: defaults = [], ...given } = value as Record<string, unknown>;
    const entries = Object.entries(given).filter(([key]) => key === MADE_TRUE || !(defaults as string[]).includes(key));
    return Object.fromEntries(entries.map(([key, inner]) => [SINGULAR[key] ?? snake(key), translated(inner)]));
}

function snake(name: string): string {
    return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
