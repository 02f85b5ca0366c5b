import { nameOfVm } from "../substrate/identity";
import { slotOf } from "../substrate/plan";
import type { Hypervisor, Substrate, WorkloadVm } from "../substrate/substrate";
import { Refusal } from "../definitions/refusal";
import type { Backup } from "./backups";
import { NodeError, type NodeClient } from "./client";
import { runs } from "./guestState";
import type { Guest, Settings } from "./inventory";
import { poll } from "./poll";
import { readInventory, readSettings } from "./read";
import { failureOf } from "./task";

/** Tag of every VM that a test of a backup makes. */
const TAG = "restore-test";

/** First words of their descriptions: with the tag they say that the next test may take one away. */
const MARK = "tenant-hypervisors: restore test of ";

/** How long after one another a guest agent is asked, in milliseconds. */
const AGENT_POLL_MS = 2000;

/** How far the restored VM came: its agent answered; it runs and has no agent to ask; it runs, and the token may not ask its agent. */
export type Answer = "agent" | "runs" | "unasked";

/** A step of a test that did not go well; the message says which. */
export class RestoreTestError extends Refusal {}

/**
 * Restores a backup into a VMID that nobody has, without a NIC, boots it, asks its guest agent, and takes it away again, whatever came
 * of it. The VM that the backup is of is not touched.
 *
 * @param seconds that the guest agent is waited for.
 * @throws RestoreTestError where a step does not go well; NodeError where the node refuses one.
 */
export async function testBackup(
    client: NodeClient,
    { plan }: Pick<Substrate, "plan">,
    { node, datastore }: Hypervisor,
    { vm, backup, seconds }: { readonly vm: WorkloadVm; readonly backup: Backup; readonly seconds: number },
): Promise<Answer> {
    const vmid = Number(await client.get<string>("/cluster/nextid"));
    if (slotOf(plan, vmid) !== undefined) {
        throw new RestoreTestError(
            `the VMID that PVE gives as free, ${vmid}, is one of the tenants': free one below them (Datacenter > Options > Next Free VMID Range)`,
        );
    }
    // No force: where somebody was faster, PVE refuses it, and nothing is there to be taken away.
    const upid = await client.post<string>(`/nodes/${node}/qemu`, {
        ...{ vmid: String(vmid), archive: backup.volid, storage: datastore, pool: vm.tenant, unique: "1" },
        ...{ name: `${TAG}-${vmid}`, description: `${MARK}${nameOfVm(vm)}`, tags: TAG },
        // A node that boots meanwhile must not start it with its NIC.
        ...{ onboot: "0", protection: "0" },
    });
    try {
        await ended(client, node, upid, "the restore");
        await removeNics(client, node, vmid);
        const start = await client.post<string>(`/nodes/${node}/qemu/${vmid}/status/start`, {});
        await ended(client, node, start, "the start");
        return await answered(client, node, vmid, seconds);
    } finally {
        await removeTest(client, node, vmid);
    }
}

/**
 * Takes away what tests left that were killed.
 *
 * @returns the VMs, in words.
 * @throws NodeError where the node refuses it.
 */
export async function removeLeft(client: NodeClient, substrate: Substrate, hypervisor: Hypervisor): Promise<string[]> {
    const { guests } = await readInventory(client, hypervisor);
    const left = [...guests.values()].filter((guest) => isTest(guest, substrate));
    const removed = await Promise.all(
        left.map(async ({ vmid, name }) =>
            (await removeTest(client, hypervisor.node, vmid)) ? [`VM ${vmid} ${name}`] : [],
        ),
    );
    return removed.flat();
}

function isTest({ vmid, type, tags, pool, template }: Guest, { plan, tenants }: Substrate): boolean {
    const ours = tenants.some(({ name }) => name === pool);
    return type === "qemu" && !template && ours && tags.includes(TAG) && slotOf(plan, vmid) === undefined;
}

/** Stops and deletes a VM of a test, with its disks; gives back whether it was one: its own settings must say so. */
async function removeTest(client: NodeClient, node: string, vmid: number): Promise<boolean> {
    const path = `/nodes/${node}/qemu/${vmid}`;
    const settings = await readSettings(client, node, vmid);
    if (settings === undefined || !isMarked(settings)) {
        return false;
    }
    const { status } = await client.get<{ status: string }>(`${path}/status/current`);
    if (runs({ status })) {
        await ended(client, node, await client.post<string>(`${path}/status/stop`, {}), "the stop");
    }
    const upid = await client.delete(`${path}?purge=1&destroy-unreferenced-disks=1`);
    await ended(client, node, upid, "the deletion");
    return true;
}

function isMarked({ description = "", tags = "" }: Settings): boolean {
    return String(description).startsWith(MARK) && String(tags).split(";").includes(TAG);
}

async function removeNics(client: NodeClient, node: string, vmid: number): Promise<void> {
    const nics = async () =>
        Object.keys((await readSettings(client, node, vmid)) ?? {}).filter((key) => /^net\d+$/.test(key));
    const there = await nics();
    if (there.length > 0) {
        await client.put(`/nodes/${node}/qemu/${vmid}/config`, { delete: there.join(",") });
    }
    if ((await nics()).length > 0) {
        throw new RestoreTestError("its NIC could not be taken out, so that it was not started");
    }
}

async function answered(client: NodeClient, node: string, vmid: number, seconds: number): Promise<Answer> {
    const { agent = "" } = (await readSettings(client, node, vmid)) ?? {};
    if (!/^(1|enabled=1)(,|$)/.test(String(agent))) {
        return "runs";
    }
    const ask = async (): Promise<Answer | undefined> => {
        try {
            await client.get(`/nodes/${node}/qemu/${vmid}/agent/network-get-interfaces`);
            return "agent";
        } catch (error) {
            if (error instanceof NodeError && error.status === 403) {
                return "unasked";
            }
            // Until the guest has booted PVE answers with an error.
            if (error instanceof NodeError && error.status !== undefined) {
                return undefined;
            }
            throw error;
        }
    };
    const answer = await poll(ask, AGENT_POLL_MS, Math.ceil((seconds * 1000) / AGENT_POLL_MS));
    if (answer === undefined) {
        throw new RestoreTestError(`its guest agent did not answer within ${seconds} s`);
    }
    return answer;
}

async function ended(client: NodeClient, node: string, upid: string, what: string): Promise<void> {
    const failure = await failureOf(client, node, upid);
    if (failure !== undefined) {
        throw new RestoreTestError(`${what} failed: ${failure}`);
    }
}
