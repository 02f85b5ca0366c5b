import type { AcceptanceLab } from "./lab";
import type { Cells, Matrix } from "./matrix";

/** `backup` of the tenant, and of its first VM, phase by phase: each changes in every key but the storage. */
export const BACKUPS = {
    first: '{ schedule: "02:30", keep: { last: 3, hourly: 1, daily: 2, weekly: 4, monthly: 6, yearly: 1 }, storage: local, mode: snapshot }',
    then: '{ schedule: "03:30", keep: { last: 2, hourly: 2, daily: 3, weekly: 5, monthly: 7, yearly: 2 }, storage: local, mode: stop }',
} as const;

/** The same, as the node's scheduler has it. */
const ON_NODE = {
    first: {
        schedule: "02:30",
        mode: "snapshot",
        storage: "local",
        "prune-backups": "keep-daily=2,keep-hourly=1,keep-last=3,keep-monthly=6,keep-weekly=4,keep-yearly=1",
    },
    then: {
        schedule: "03:30",
        mode: "stop",
        storage: "local",
        "prune-backups": "keep-daily=3,keep-hourly=2,keep-last=2,keep-monthly=7,keep-weekly=5,keep-yearly=2",
    },
} as const;

/** Jobs of the node's scheduler that come of them, and the resource that a refresh names, by attribute. */
const JOBS = {
    backup: { id: "tenant-52", resource: "matrix-backup" },
    "vms[].backup": { id: "tenant-vm-5201", resource: "matrix-vm01-backup" },
} as const;

/** Drift that changeJobs makes, by attribute. */
export const JOBS_SHOWN = Object.fromEntries(
    Object.entries(JOBS).map(([attribute, { resource }]) => [
        attribute,
        { resource, pattern: /schedule\s*: "03:30" => "05:00"/ },
    ]),
);

/** Somebody has both made at another time. */
export async function changeJobs(lab: AcceptanceLab): Promise<void> {
    for (const { id } of Object.values(JOBS)) {
        await lab.node.byHand("PUT", `/cluster/backup/${id}`, { schedule: "05:00" });
    }
}

/** Declares a test for each job: the node has it as a phase declares it. */
export function checkJobs(lab: () => AcceptanceLab, matrix: Matrix, phase: "first" | "then", cells: Cells): void {
    test.each(Object.entries(JOBS))("%s", async (attribute, { id }) => {
        const { backup_jobs: jobs } = (await lab().state()) as unknown as {
            backup_jobs: Record<string, object>;
        };
        expect(jobs[id]).toMatchObject(ON_NODE[phase]);
        matrix.note(attribute, cells);
    });
}
