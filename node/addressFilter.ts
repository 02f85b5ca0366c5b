import { asksRebuild, historyOf, type Recorded } from "../state/recorded";
import { runs } from "./guestState";
import type { Guest } from "./inventory";
import { growsFirst } from "./restart";
import type { WorkloadVm } from "../substrate/substrate";

/**
 * PVE's address filter: what a VM's first NIC sends is dropped unless its source stands in the VM's ipset of this name
 * (PVE::Firewall, generate_tap_rules_direction). A set that is there filters by itself; `ipfilter: 1` makes one that is
 * missing count as an empty one. DHCP passes either way.
 */
export const FILTER_IPSET = "ipfilter-net0";

/** Name of the same for any NIC (compute_ipfilter_ipset_name, src/PVE/Firewall.pm:1066 of pve-firewall 5.1.2). @param nic such as net1. */
export function filterSet(nic: string): string {
    return `ipfilter-${nic}`;
}

/** Names of the sets of a VM, by its definition: of each NIC that has an address of its own. */
export function filterSetsOf({ address, nics }: Pick<WorkloadVm, "address" | "nics">): string[] {
    return [...(address === undefined ? [] : [FILTER_IPSET]), ...nics.map((nic) => filterSet(nic.interface))];
}

/** Whether a set filters what a NIC sends. */
export function isFilterSet(name: string): boolean {
    return /^ipfilter-net\d+$/.test(name);
}

/**
 * Whether a VM's address filter waits: the VM runs, and has another address than the declared one until it is started
 * anew, since cloud-init sets it at boot. The filter would cut it off.
 *
 * @param guest the VM on its node; undefined where it is not there.
 */
export function filterWaits(vm: WorkloadVm, guest: Guest | undefined, recorded: Recorded): boolean {
    if (vm.address === undefined || guest === undefined || !runs(guest) || asksRebuild(vm, recorded)) {
        return false;
    }
    const { waiting, switches } = switchOf(vm, recorded);
    if (switches) {
        return vm.reboot === "never" || growsFirst(vm, guest, recorded);
    }
    return waiting !== undefined && (guest.process ?? waiting) === waiting;
}

/**
 * The process of a VM whose filter waits, to be kept for the next run: the filter comes once another one runs. Undefined
 * while the VM has not been given its address.
 */
export function waitsFor(vm: WorkloadVm, guest: Guest | undefined, recorded: Recorded): number | undefined {
    return filterWaits(vm, guest, recorded) && !growsFirst(vm, guest, recorded) ? guest?.process : undefined;
}

/** Whether a VM's filter may wait, so that it must be known which process the VM is. */
export function asksProcess(vm: WorkloadVm, recorded: Recorded): boolean {
    const { waiting, switches } = switchOf(vm, recorded);
    return vm.address !== undefined && (switches || waiting !== undefined);
}

/** Whether this run gives the VM another address than the one before, and the process that still waits since then. */
function switchOf(vm: WorkloadVm, recorded: Recorded): { switches: boolean; waiting: number | undefined } {
    const history = historyOf(vm, recorded);
    const had = history?.restartSettings?.address;
    return { switches: had !== undefined && had !== vm.address, waiting: history?.addressWaitsFor };
}
