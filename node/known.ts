import type { Fault } from "../definitions/faults";
import { faultAtKey } from "../definitions/places";
import type { Recorded } from "../state/recorded";
import type { Hypervisor, Substrate, WorkloadVm } from "../substrate/substrate";
import type { Inventory } from "./inventory";

/** Everything that the checks of a hypervisor's VMs go by. */
export interface Known {
    readonly substrate: Substrate;
    readonly hypervisor: Hypervisor;
    readonly inventory: Inventory;
    readonly recorded: Recorded;
}

/** A fault at a key of a VM's definition. */
export function faultOf({ definedAt }: WorkloadVm, key: string, message: string): Fault {
    return faultAtKey(definedAt, key, message);
}
