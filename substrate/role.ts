import { isCustomCpu } from "./cpuTypes";
import { datastoresOf } from "./datastores";
import { hasDevices, mappingsOf } from "./devices";
import role from "./grants.json";
import { isAtLeast } from "./pveVersion";
import type { Hypervisor, Substrate } from "./substrate";

/** Grants that only some definitions need, by the key of the VM or hypervisor that asks. */
export type Occasion =
    | "agent.wait"
    | "health.agent"
    | "startup"
    | "backup"
    | "backup.schedule"
    | "snapshot"
    | "taskLog"
    | "cpu"
    | "devices";

/** A role and the one path that it is granted on, to the user and its token alike. */
export interface Grant {
    readonly role: string;
    readonly path: string;
    /** Whether it holds below the path, too. */
    readonly propagate: boolean;
    readonly privileges: readonly string[];
    /** Use that the program makes of it. */
    readonly why: string;
    /** Keys of definitions that ask for it, in words; missing for what every hypervisor needs. */
    readonly when?: string;
    /** First version of PVE that it is for, and the first that it is not for any more; missing: for all. */
    readonly since?: string;
    readonly before?: string;
    /** Use that the token can make of it beyond that, where it is far; after `lets the token`. */
    readonly reaches?: string;
}

/** A grant of grants.json: the privileges stand beside what asks for each. */
interface DescribedGrant extends Omit<Grant, "propagate" | "privileges" | "when"> {
    readonly when?: Occasion;
    /** Another key that asks for the same. */
    readonly alsoWhen?: Occasion;
    readonly propagate?: boolean;
    readonly privileges: Readonly<Record<string, string>>;
}

/** Privileges by path, as GET /access/permissions tells what a token effectively holds: 1 where it holds below, too. */
export type Permissions = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** A privilege that is not held. */
export interface Lack {
    readonly privilege: string;
    readonly path: string;
}

export const USER = role.user;
export const TOKEN = `${role.user}!${role.token}`;

/**
 * Grants of the program's token on a hypervisor: least privilege, so as narrow as its definitions allow.
 *
 * @param pve version of the node; missing: those of every version.
 */
export function grantsOf(substrate: Substrate, hypervisor: Hypervisor, pve?: string): Grant[] {
    const tenants = substrate.tenants.filter((t) => t.hypervisor === hypervisor.name);
    const vms = tenants.flatMap((t) => t.vms);
    const jobStorages = [...new Set(tenants.flatMap((t) => t.backupJobs.map(({ storage }) => storage)))].sort();
    const occasions: Record<Occasion, boolean> = {
        "agent.wait": vms.some(({ agent }) => agent.wait),
        "health.agent": vms.some(({ health }) => health?.agent === true),
        startup: vms.some(({ startup }) => startup !== undefined),
        backup: hypervisor.backup !== undefined,
        "backup.schedule": jobStorages.length > 0,
        snapshot: vms.some(({ snapshot }) => snapshot !== undefined),
        taskLog: hypervisor.taskLog,
        cpu: vms.some(({ cpuType }) => isCustomCpu(cpuType)),
        devices: vms.some(({ devices }) => hasDevices(devices)),
    };
    const { datastore, bridge, backup = "", node } = hypervisor;
    const place: Record<string, readonly string[]> = {
        datastore: [...new Set([datastore, ...vms.flatMap(datastoresOf)])],
        ...{ bridge: [bridge], backup: [backup], node: [node], jobStorage: jobStorages },
        ...{ pci: mappingsOf("pci", vms), usb: mappingsOf("usb", vms) },
    };
    return (role.grants as readonly DescribedGrant[])
        .filter(({ when, alsoWhen }) => when === undefined || asking([when, alsoWhen], occasions).length > 0)
        .filter((grant) => pve === undefined || isFor(grant, pve))
        .flatMap(({ when, alsoWhen, ...grant }) =>
            pathsOf(grant.path, place).map((path) => ({
                ...grant,
                path,
                ...(when !== undefined && { when: asking([when, alsoWhen], occasions).join(" and ") }),
                propagate: grant.propagate ?? true,
                privileges: Object.keys(grant.privileges),
            })),
        );
}

/** Paths that a path with the name of a kind of places stands for, one for each of them. */
function pathsOf(path: string, places: Readonly<Record<string, readonly string[]>>): string[] {
    const [name, kind = ""] = /\{(\w+)\}/.exec(path) ?? [];
    return name === undefined ? [path] : places[kind]!.flatMap((place) => pathsOf(path.replace(name, place), places));
}

/** The keys that definitions ask with, of those that ask for a grant. */
function asking(keys: readonly (Occasion | undefined)[], occasions: Record<Occasion, boolean>): Occasion[] {
    return keys.filter((key) => key !== undefined && occasions[key]) as Occasion[];
}

/** Whether a grant is for a version of PVE. */
function isFor({ since, before }: Pick<Grant, "since" | "before">, pve: string): boolean {
    return (since === undefined || isAtLeast(pve, since)) && (before === undefined || !isAtLeast(pve, before));
}

/** Versions that a grant is for, after a word on it; empty where it is for all. */
function versionsOf({ since, before }: Grant): string {
    return since === undefined ? (before === undefined ? "" : `; before PVE ${before}`) : `; from PVE ${since} on`;
}

/**
 * The commands that make user, token and grants on a node, to be pasted as root. A second time they bring the roles up to
 * date and leave the token as it is; its secret is made by PVE and shown there once. Of grants for several versions a node
 * takes those of its own: PVE refuses a role with a privilege that it does not know, and leaves the role as it was.
 */
export function pveumCommands(grants: readonly Grant[]): string[] {
    const each = grants.flatMap((grant) => {
        const { role: name, path, propagate, privileges, why, when, reaches } = grant;
        const here = propagate ? "" : " --propagate 0";
        const occasion = when === undefined ? "" : `; asked for by a definition with ${when}`;
        return [
            `# ${path}: ${why}${occasion}${versionsOf(grant)}`,
            ...(reaches === undefined ? [] : [`# It lets the token ${reaches}.`]),
            `pveum role add ${name} 2>/dev/null; pveum role modify ${name} --privs "${privileges.join(" ")}"`,
            `pveum acl modify ${path} --roles ${name} --users ${USER} --tokens '${TOKEN}'${here}`,
        ];
    });
    return [
        `pveum user add ${USER}`,
        `pveum user token add ${USER} ${role.token} --privsep 1   # shows the secret, once`,
        ...each,
        ...OUT_OF_REACH.map((line) => `# ${line}`.trimEnd()),
    ];
}

const TO_BOTH = `--users ${USER} --tokens '${TOKEN}'`;

/**
 * Commands that put guests of others out of the token's reach, which /vms has: PVE asks for VM.Allocate alone to put a guest that is
 * in no pool into one of the token's (pve-manager 8.4.21, PVE/API2/Pool.pm:330), and an entry on a deeper path takes the
 * place of those above it (pve-access-control 8.2.3, src/PVE/AccessControl.pm, roles).
 */
const OUT_OF_REACH = [
    "Guests of others, if there are any: /vms reaches the disks of each, and its removal once it is stopped. One that is in no",
    "pool the token can put into a pool of its own, and do all with it there. A pool of theirs that it may only look at keeps",
    "it from that; the same role on a guest's own path leaves it nothing but the sight of it:",
    '  pveum role add DeevnetOthers --privs "VM.Audit"',
    "  pveum pool add others; pveum pool modify others --vms <vmid>,<vmid>",
    `  pveum acl modify /pool/others --roles DeevnetOthers ${TO_BOTH}`,
    `  pveum acl modify /vms/<vmid> --roles DeevnetOthers ${TO_BOTH}   # for each of them`,
];

/** Grants that are not held: one entry for each privilege. */
export function lacksOf(grants: readonly Grant[], held: Permissions): Lack[] {
    return grants.flatMap(({ path, propagate, privileges }) =>
        privileges
            .filter((privilege) => !holds(held, path, privilege, propagate))
            .map((privilege) => ({ privilege, path })),
    );
}

/** Privileges on a path that are held and that no grant asks for. */
export interface Excess {
    readonly path: string;
    readonly privileges: readonly string[];
}

/**
 * Privileges that are held beyond the grants, each at the highest path that has it. What a pool gives on its guests and
 * storages is the pool's (PVE::RPCEnvironment, compile_acl_path).
 */
export function excessOf(grants: readonly Grant[], held: Permissions): Excess[] {
    const asked = (path: string, privilege: string) =>
        grants.some((grant) => grant.privileges.includes(privilege) && covers(grant, path, held[path]![privilege]!));
    const paths = Object.keys(held).sort();
    const excess = paths.map((path) => ({
        path,
        privileges: Object.keys(held[path]!).filter((privilege) => !asked(path, privilege)),
    }));
    const toldAbove = (path: string, privilege: string) =>
        excess.some((one) => isBelow(path, one.path) && one.privileges.includes(privilege));
    return excess
        .map(({ path, privileges }) => ({
            path,
            privileges: privileges.filter((privilege) => !toldAbove(path, privilege)).sort(),
        }))
        .filter(({ privileges }) => privileges.length > 0);
}

/** @param below what PVE tells of the privilege there: 0 for one that a pool gives. */
function covers({ path, propagate }: Grant, asked: string, below: number): boolean {
    const byPool = path === "/pool" && below === 0 && /^\/(vms|storage)\//.test(asked);
    return path === asked || (propagate && (isBelow(asked, path) || byPool));
}

function isBelow(path: string, above: string): boolean {
    return path !== above && (above === "/" || path.startsWith(`${above}/`));
}

/** The nearest path that is told decides, as in PVE, where an entry on a deeper path replaces those above it. */
function holds(held: Permissions, path: string, privilege: string, propagate: boolean): boolean {
    if (held[path] !== undefined) {
        const value = held[path][privilege];
        return propagate ? value === 1 : value !== undefined;
    }
    const above = path === "/" ? undefined : path.slice(0, path.lastIndexOf("/")) || "/";
    return above !== undefined && holds(held, above, privilege, true);
}
