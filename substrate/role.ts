import { isCustomCpu } from "./cpuTypes";
import role from "./grants.json";
import type { Hypervisor, Substrate } from "./substrate";

/** Grants that only some definitions need, by the key of the VM or hypervisor that asks. */
export type Occasion = "agent.wait" | "startup" | "backup" | "taskLog" | "cpu";

/** A role and the one path that it is granted on, to the user and its token alike. */
export interface Grant {
    readonly role: string;
    readonly path: string;
    /** Whether it holds below the path, too. */
    readonly propagate: boolean;
    readonly privileges: readonly string[];
    /** Use that the program makes of it. */
    readonly why: string;
    /** Missing for what every hypervisor needs. */
    readonly when?: Occasion;
}

/** A grant of grants.json: the privileges stand beside what asks for each. */
interface DescribedGrant extends Omit<Grant, "propagate" | "privileges"> {
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

/** Grants of the program's token on a hypervisor: least privilege, so as narrow as its definitions allow. */
export function grantsOf(substrate: Substrate, hypervisor: Hypervisor): Grant[] {
    const vms = substrate.tenants.filter((t) => t.hypervisor === hypervisor.name).flatMap((t) => t.vms);
    const occasions: Record<Occasion, boolean> = {
        "agent.wait": vms.some(({ agent }) => agent.wait),
        startup: vms.some(({ startup }) => startup !== undefined),
        backup: hypervisor.backup !== undefined,
        taskLog: hypervisor.taskLog,
        cpu: vms.some(({ cpuType }) => isCustomCpu(cpuType)),
    };
    const { datastore, bridge, backup = "", node } = hypervisor;
    const place: Record<string, string> = { datastore, bridge, backup, node };
    return (role.grants as readonly DescribedGrant[])
        .filter(({ when }) => when === undefined || occasions[when])
        .map((grant) => ({
            ...grant,
            path: grant.path.replace(/\{(\w+)\}/g, (_, key: string) => place[key]!),
            propagate: grant.propagate ?? true,
            privileges: Object.keys(grant.privileges),
        }));
}

/**
 * The commands that make user, token and grants on a PVE 8.4 node, to be pasted as root. A second time they bring the
 * roles up to date and leave the token as it is; its secret is made by PVE and shown there once.
 */
export function pveumCommands(grants: readonly Grant[]): string[] {
    const each = grants.flatMap(({ role: name, path, propagate, privileges, why, when }) => {
        const here = propagate ? "" : " --propagate 0";
        return [
            `# ${path}: ${why}${when === undefined ? "" : `; asked for by a definition with ${when}`}`,
            `pveum role add ${name} 2>/dev/null; pveum role modify ${name} --privs "${privileges.join(" ")}"`,
            `pveum acl modify ${path} --roles ${name} --users ${USER} --tokens '${TOKEN}'${here}`,
        ];
    });
    return [
        `pveum user add ${USER}`,
        `pveum user token add ${USER} ${role.token} --privsep 1   # shows the secret, once`,
        ...each,
    ];
}

/** Grants that are not held: one entry for each privilege. */
export function lacksOf(grants: readonly Grant[], held: Permissions): Lack[] {
    return grants.flatMap(({ path, propagate, privileges }) =>
        privileges
            .filter((privilege) => !holds(held, path, privilege, propagate))
            .map((privilege) => ({ privilege, path })),
    );
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
