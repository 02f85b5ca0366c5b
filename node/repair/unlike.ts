import { OPTIONS, VM, vmidOf, type StateResource } from "../../state/deployment";
import type { Unlike } from "../../state/repair";
import type { Substrate } from "../../substrate/substrate";
import type { Clients } from "../client";
import { isProtected } from "../guards";
import { readInventory } from "../read";

/**
 * VMs of a state of which the nodes say what no refresh tells: that PVE protects one, and that one which is stopped has no
 * firewall, be it one that the state lost and only its firewall is left. One request for each VM, and one more for each that is
 * stopped.
 *
 * @throws NodeError where a node cannot be asked.
 */
export async function unlikeOnNodes(
    clients: Clients,
    { hypervisors }: Substrate,
    state: readonly StateResource[],
): Promise<Unlike> {
    const guarded = new Set<string>();
    const unwalled = new Set<string>();
    for (const hypervisor of hypervisors) {
        const own = state.filter(({ outputs = {} }) => outputs["nodeName"] === hypervisor.node);
        const walled = own.filter(({ type }) => type === OPTIONS).map(vmidOf);
        const vmids = own.filter(({ type, outputs = {} }) => type === VM && outputs["protection"] !== true).map(vmidOf);
        const { configs, firewalls } = await readInventory(clients.get(hypervisor.node)!, hypervisor, {
            configs: () => vmids,
            walls: (guests) => walled.filter((vmid) => guests.get(vmid)?.status === "stopped"),
        });
        vmids.filter((vmid) => isProtected(configs.get(vmid))).forEach((vmid) => guarded.add(String(vmid)));
        firewalls.forEach((options, vmid) => options["enable"] === undefined && unwalled.add(String(vmid)));
    }
    return { guarded, unwalled };
}
