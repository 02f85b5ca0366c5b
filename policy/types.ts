import { standaloneReason } from "../definitions/standalone";

/**
 * Every type of resource that a stack may have, whatever program declares it: our own components, what the program needs of
 * each provider, and nothing that the published proxmoxve plugin is known to crash on.
 */
export const ALLOWED_TYPES: readonly string[] = [
    "pulumi:pulumi:Stack",
    "pulumi:pulumi:StackReference",
    "pulumi:providers:pulumi",
    "pulumi:providers:pulumi-nodejs",
    "pulumi:providers:proxmoxve",
    "pulumi:providers:command",
    "deevnet:tenant:HostBaseline",
    "deevnet:tenant:Tenant",
    "deevnet:tenant:TenantNetwork",
    "deevnet:tenant:TenantVm",
    "proxmoxve:index/poolLegacy:PoolLegacy",
    "proxmoxve:index/vmLegacy:VmLegacy",
    "proxmoxve:firewall/ipsetLegacy:IpsetLegacy",
    "proxmoxve:firewall/optionsLegacy:OptionsLegacy",
    "proxmoxve:firewall/rulesLegacy:RulesLegacy",
    "pulumi-nodejs:dynamic/node:BackupJob",
    "pulumi-nodejs:dynamic/router:RouterVlan",
    "pulumi-nodejs:dynamic/router:RouterDhcp",
    "pulumi-nodejs:dynamic/router:RouterNames",
    "pulumi-nodejs:dynamic/router:RouterRules",
    "command:remote:Command",
    "command:remote:CopyToRemote",
];

export const VM = "proxmoxve:index/vmLegacy:VmLegacy";
export const FIREWALL_OPTIONS = "proxmoxve:firewall/optionsLegacy:OptionsLegacy";
export const PROVIDER = "pulumi:providers:proxmoxve";

/** Types of what a standalone hypervisor cannot give, by the key that a person would ask for it with. */
const REFUSED: readonly (readonly [RegExp, key: string])[] = [
    [/^proxmoxve:index\/ha/, "ha"],
    [/^proxmoxve:index\/replication/, "replication"],
    [/^proxmoxve:cluster\/options/, "cluster"],
    [/^proxmoxve:storage\//, "storage"],
];

/** Why a type is not allowed; undefined for one that is. */
export function refusedType(type: string): string | undefined {
    if (ALLOWED_TYPES.includes(type)) {
        return undefined;
    }
    const key = REFUSED.find(([pattern]) => pattern.test(type))?.[1];
    const reason = key === undefined ? "policy/types.ts lists what a stack may have" : standaloneReason(key)!;
    return `${type} is not allowed: ${reason}`;
}
