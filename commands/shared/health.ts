import { connect } from "../../node/client";
import { gate, needsAddress } from "../../node/health/gate";
import { knownAddress } from "../../router/records";
import { nameOfVm } from "../../substrate/identity";
import { hypervisorOf, tenantOf } from "../../substrate/owners";
import type { Substrate, WorkloadVm } from "../../substrate/substrate";
import { note } from "../cli/terminal";
import { runInNewVm } from "./ssh";

/** Whether a VM's health gate can be asked: it has one, and an address where the gate needs one. */
export function hasGate(substrate: Substrate, vm: WorkloadVm): boolean {
    const { health } = vm;
    return health !== undefined && (!needsAddress(health) || knownAddress(tenantOf(substrate, vm), vm) !== undefined);
}

/**
 * Waits for the health gate of a VM, from this machine; one without a gate counts as healthy once it runs.
 *
 * @returns what did not come true within the gate's timeout, in words; undefined where all of it did.
 * @throws NodeError where the node cannot be asked.
 */
export async function healthOf(substrate: Substrate, vm: WorkloadVm): Promise<string | undefined> {
    const { health } = vm;
    if (health === undefined) {
        note(`${nameOfVm(vm)}: its file has no health gate, so that it counts as healthy once it runs`);
        return undefined;
    }
    const tenant = tenantOf(substrate, vm);
    const hypervisor = hypervisorOf(substrate, tenant);
    const client = connect(hypervisor);
    const user = vm.user === undefined ? "" : `${vm.user.name}@`;
    const bounds = { seconds: Math.min(health.timeoutSeconds, 60), bytes: 2 ** 20 };
    try {
        return await gate({
            ...{ vm, health, client, node: hypervisor.node, address: knownAddress(tenant, vm) },
            runs: async (address, told) => (await runInNewVm(`${user}${address}`, told, bounds)).code === 0,
        });
    } finally {
        client.close();
    }
}
