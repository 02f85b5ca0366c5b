import { isJobOf } from "../../substrate/backupJobs";
import type { NodeClient } from "../client";
import { JOBS, type JobAnswer } from "./fields";

/**
 * Deletes the backup jobs that bear the mark of a tenant that is gone: a run that was killed made them, and its state never heard of them.
 *
 * @returns their IDs.
 * @throws NodeError where the node refuses it.
 */
export async function removeLeftJobs(client: NodeClient, tenant: string): Promise<string[]> {
    const left = (await client.get<JobAnswer[]>(JOBS)).filter((job) => isJobOf(tenant, job));
    for (const { id } of left) {
        await client.delete(`${JOBS}/${id}`);
    }
    return left.map(({ id }) => id);
}
