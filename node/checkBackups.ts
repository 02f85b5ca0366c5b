import { formatFault } from "../definitions/faults";
import { faultAtKey } from "../definitions/places";
import type { Hypervisor, Substrate } from "../substrate/substrate";
import { backupStorages } from "./backups";
import type { NodeClient } from "./client";

/**
 * Storages that tenants' files have backups written to and that take none on their node: a line for each job.
 *
 * @throws NodeError where the node cannot be asked.
 */
export async function checkBackups(
    client: NodeClient,
    { tenants }: Substrate,
    { name, node }: Hypervisor,
): Promise<string[]> {
    const jobs = tenants.filter(({ hypervisor }) => hypervisor === name).flatMap(({ backupJobs }) => backupJobs);
    const storages = jobs.length === 0 ? [] : await backupStorages(client, node);
    return jobs
        .filter(({ storage }) => !storages.includes(storage))
        .map(({ storage, definedAt }) => {
            const there = storages.length === 0 ? "and no other does" : `but ${storages.join(", ")}`;
            const message = `storage ${storage} takes no backups on node ${node}, ${there}: name another, or give it the content \`backup\` (pvesm set)`;
            return formatFault(faultAtKey(definedAt, "backup", message));
        });
}
