import type { WorkloadVm } from "../substrate/substrate";
import { NodeError, type NodeClient } from "./client";
import type { Settings } from "./inventory";
import { poll } from "./poll";
import { orNothing } from "./read";
import { endOf } from "./task";

/** How long after one another a start's task and a guest agent are asked, in milliseconds. */
const POLL_MS = 250;
const AGENT_POLL_MS = 2000;

/** Seconds that PVE gives QEMU to come up, as the provider gives them. */
const TIMEOUT = "1800";

/**
 * Whether a VM's firewall stands on its node, so that it may run: it is on, drops what comes in, and limits a fixed address.
 * Without `enable` PVE makes no chain for the VM (PVE::Firewall, generate_tap_rules of pve-firewall 5.1.2); the rules beside it
 * only open.
 *
 * @param options of the VM's firewall, as the node tells them.
 */
export function isWalled({ address }: Pick<WorkloadVm, "address">, options: Settings = {}): boolean {
    const drops = (options["policy_in"] ?? "DROP") === "DROP";
    return (
        Number(options["enable"] ?? 0) === 1 && drops && (address === undefined || Number(options["ipfilter"]) === 1)
    );
}

/**
 * Starts a VM that stands behind its firewall; one that runs goes on.
 *
 * @throws NodeError where its firewall is not on the node, or PVE cannot start it; the VM is stopped then.
 */
export async function startWalled(client: NodeClient, node: string, vm: WorkloadVm): Promise<void> {
    const path = `/nodes/${node}/qemu/${vm.vmid}`;
    const options = await orNothing(client.get<Settings>(`${path}/firewall/options`), {});
    if (!isWalled(vm, options)) {
        throw new NodeError(
            `VM ${vm.vmid} stays stopped, since node ${node} has no firewall around it. \`tenants recover\`, then the next up ` +
                "makes it again",
        );
    }
    const upid = await started(client, path);
    const failed = upid === undefined ? undefined : await endOf(client, node, upid, POLL_MS);
    if (failed !== undefined) {
        throw new NodeError(`VM ${vm.vmid} could not be started on node ${node}: ${failed}; see PVE's task log`);
    }
}

/** UPID of the start's task; undefined for a VM that runs. */
async function started(client: NodeClient, path: string): Promise<string | undefined> {
    try {
        return await client.post<string>(`${path}/status/start`, { timeout: TIMEOUT });
    } catch (error) {
        if (error instanceof NodeError && error.message.includes("already running")) {
            return undefined;
        }
        throw error;
    }
}

interface AgentInterfaces {
    readonly result?: readonly { readonly "ip-addresses"?: readonly AgentAddress[] }[];
}

interface AgentAddress {
    readonly "ip-address-type": string;
    readonly "ip-address": string;
}

/** Whether a VM's guest agent tells an IPv4 address other than its own loopback, within the seconds of its definition. */
export async function hasAddress(
    client: Pick<NodeClient, "get">,
    node: string,
    { vmid, agent }: Pick<WorkloadVm, "vmid" | "agent">,
): Promise<boolean> {
    const path = `/nodes/${node}/qemu/${vmid}/agent/network-get-interfaces`;
    const ask = async () => {
        try {
            const { result = [] } = await client.get<AgentInterfaces>(path);
            return result.some((one) => (one["ip-addresses"] ?? []).some(isUsable)) || undefined;
        } catch (error) {
            // Until the guest has booted PVE answers with an error.
            if (error instanceof NodeError && error.status !== undefined && error.status !== 403) {
                return undefined;
            }
            throw error;
        }
    };
    return (await poll(ask, AGENT_POLL_MS, Math.ceil((agent.timeoutSeconds * 1000) / AGENT_POLL_MS))) ?? false;
}

function isUsable(address: AgentAddress): boolean {
    return address["ip-address-type"] === "ipv4" && !/^(127|169\.254)\./.test(address["ip-address"]);
}
