/**
 * Operations of Pulumi's dynamic provider for backup jobs on a node. The published proxmoxve plugin has a resource for them, and
 * crashes on it (policy/types.ts). This is loaded from the program's folder when a resource is worked on (resource.ts).
 */
import { isDeepStrictEqual } from "node:util";
import { Refusal } from "../../definitions/refusal";
import { PROVIDER, type Properties } from "../../state/dynamicResource";
import { isOurs } from "../../substrate/backupJobs";
import { apiToken, NodeClient, NodeError } from "../client";
import { foundFields, JOBS, requestOf, type JobAnswer, type JobFields } from "./fields";

/** Inputs of a job in the state. */
export interface JobInputs extends JobFields {
    /** Hypervisor as the person knows it, and URL of its API. */
    readonly hypervisor: string;
    readonly endpoint: string;
    /** PVE's name of the job. */
    readonly job: string;
    readonly tenant: string;
    /** Of each VM that the job names, another text for each time that it is made: PVE takes a VM that goes out of every job. */
    readonly made?: Readonly<Record<string, string>>;
}

/** The operations of Pulumi's dynamic provider (@pulumi/pulumi, dynamic.ResourceProvider). */
export const operations = {
    check: (_olds: Properties, news: Properties) => Promise.resolve({ inputs: news, failures: [] }),
    diff: (_id: string, olds: Properties, news: Properties) => {
        const names = [...new Set([...Object.keys(olds), ...Object.keys(news)])].filter((name) => name !== PROVIDER);
        const changed = names.filter((name) => !isDeepStrictEqual(olds[name], news[name]));
        return Promise.resolve({ changes: changed.length > 0, replaces: changed.filter((name) => name === "job") });
    },
    create: (news: Properties) =>
        onNode(news, async (client, inputs) => {
            await write(client, inputs);
            return { id: inputs.job, outs: news };
        }),
    read: (id: string, props: Properties) =>
        onNode(props, async (client, inputs) => {
            const found = await jobOf(client, id);
            if (found === undefined) {
                return { id: "", props: {} };
            }
            const { hypervisor, endpoint, job, tenant, made } = inputs;
            const now = { hypervisor, endpoint, job, tenant, ...(made && { made }), ...foundFields(found) };
            return { id, props: { ...now, [PROVIDER]: props[PROVIDER] }, inputs: now };
        }),
    update: (_id: string, _olds: Properties, news: Properties) =>
        onNode(news, async (client, inputs) => {
            await write(client, inputs);
            return { outs: news };
        }),
    delete: (id: string, props: Properties) =>
        onNode(props, async (client, { comment }) => {
            const found = await jobOf(client, id);
            // After a rename it is the job of the tenant's or VM's new name, written a moment ago: its id is by VLAN or VMID.
            if (found !== undefined && foundFields(found).comment === comment) {
                await client.delete(`${JOBS}/${id}`);
            }
        }),
};

/** Errors that a person can act on show as their message alone: Pulumi prints the stack of any other. */
async function onNode<T>(props: Properties, work: (client: NodeClient, inputs: JobInputs) => Promise<T>): Promise<T> {
    const inputs = props as unknown as JobInputs;
    try {
        const client = new NodeClient(inputs.hypervisor, inputs.endpoint, apiToken());
        try {
            return await work(client, inputs);
        } finally {
            client.close();
        }
    } catch (error) {
        if (error instanceof Refusal) {
            error.stack = "";
        }
        throw error;
    }
}

/** Makes a job, or makes one of ours that is there already as declared. @throws NodeError where somebody else's has its name. */
async function write(client: NodeClient, inputs: JobInputs): Promise<void> {
    const { job, tenant, hypervisor } = inputs;
    const found = await jobOf(client, job);
    const request = requestOf(tenant, inputs);
    if (found === undefined) {
        await client.post(JOBS, { id: job, ...request });
    } else if (isOurs(found)) {
        await client.put(`${JOBS}/${job}`, request);
    } else {
        throw new NodeError(
            `${hypervisor}: the backup job ${job} is somebody else's (its comment is ${JSON.stringify(found.comment ?? "")}), and stays: ` +
                `rename it in Datacenter > Backup, or delete it there`,
        );
    }
}

/** A job of the node; PVE answers 400 for one that is not there. */
async function jobOf(client: NodeClient, id: string): Promise<JobAnswer | undefined> {
    const jobs = await client.get<JobAnswer[]>(JOBS);
    return jobs.find((job) => job.id === id);
}
