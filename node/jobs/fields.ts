import { isDeepStrictEqual } from "node:util";
import { commentOf, type BackupJob } from "../../substrate/backupJobs";

/** A backup job of a tenant as its file declares it, and as PVE's scheduler has it: both by these names. */
export interface JobFields {
    readonly schedule: string;
    readonly storage: string;
    readonly mode: string;
    /** Backups that stay of each VM, by PVE's rule, such as keep-last. */
    readonly keep: Readonly<Record<string, number>>;
    /** Pool whose VMs are backed up; missing where they are named. */
    readonly pool?: string;
    readonly vmids?: readonly number[];
    /** Whether the scheduler runs it. */
    readonly enabled: boolean;
    readonly comment: string;
}

/** A job's fields as its tenant's file declares them. */
export function declaredFields(tenant: string, job: BackupJob): JobFields {
    const { schedule, storage, mode, keep, vmids, vm } = job;
    const guests = vmids === undefined ? { pool: tenant } : { vmids };
    return { schedule, storage, mode, keep, ...guests, enabled: true, comment: commentOf(tenant, vm) };
}

/** Path of PVE's backup jobs. */
export const JOBS = "/cluster/backup";

/** A job as GET /cluster/backup tells it; PVE leaves out what is as by default. */
export interface JobAnswer {
    readonly id: string;
    readonly schedule?: string;
    readonly storage?: string;
    readonly mode?: string;
    readonly "prune-backups"?: string | Readonly<Record<string, string | number>>;
    readonly pool?: string;
    readonly vmid?: string | number;
    readonly all?: string | number;
    readonly enabled?: string | number;
    readonly comment?: string;
}

/** A job's fields as the node has them. */
export function foundFields(job: JobAnswer): JobFields {
    const { schedule = "", storage = "local", mode = "snapshot", pool, vmid, enabled = 1, comment = "" } = job;
    const vmids =
        vmid === undefined
            ? undefined
            : String(vmid)
                  .split(/[\s,;]+/)
                  .map(Number);
    return {
        ...{ schedule, storage, mode, keep: rulesIn(job["prune-backups"]) },
        ...(pool !== undefined && { pool }),
        ...(vmids !== undefined && { vmids: vmids.sort((a, b) => a - b) }),
        ...{ enabled: Number(enabled) === 1, comment },
    };
}

/** Older versions tell the rules in one text, as they take them. */
function rulesIn(rules: JobAnswer["prune-backups"] = {}): Readonly<Record<string, number>> {
    const pairs =
        typeof rules === "string"
            ? rules.split(",").map((rule) => rule.split("=") as [string, string])
            : Object.entries(rules);
    return Object.fromEntries(
        pairs.map(([rule, count]) => [rule, Number(count)] as const).sort(([one], [other]) => (one < other ? -1 : 1)),
    );
}

/**
 * A job as POST and PUT /cluster/backup take it (PVE/API2/Backup.pm of pve-manager 9.2.11, create_job). A backup that was missed is
 * made up for: a lab's node is not always on.
 */
export function requestOf(tenant: string, fields: JobFields): Readonly<Record<string, string>> {
    const { schedule, storage, mode, keep, pool, vmids = [], enabled, comment } = fields;
    const rules = Object.entries(keep).map(([rule, count]) => `${rule}=${count}`);
    return {
        ...{ schedule, storage, mode, comment, compress: "zstd", enabled: enabled ? "1" : "0", "repeat-missed": "1" },
        ...{ "prune-backups": rules.join(","), "notes-template": `${tenant}: {{guestname}}, by its job` },
        ...(pool === undefined ? { vmid: vmids.join(",") } : { pool }),
    };
}

/** Names of fields that differ. */
export function differing(one: Partial<JobFields>, other: Partial<JobFields>): (keyof JobFields)[] {
    const names: (keyof JobFields)[] = ["schedule", "storage", "mode", "keep", "pool", "vmids", "enabled", "comment"];
    return names.filter((name) => !isDeepStrictEqual(one[name] ?? null, other[name] ?? null));
}
