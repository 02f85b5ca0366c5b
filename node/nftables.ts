import type { Fault } from "../definitions/faults";
import type { Hypervisor, Substrate, WorkloadVm } from "../substrate/substrate";
import type { Inventory } from "./inventory";
import { faultOf, type Known } from "./known";

/**
 * Faults of VMs that a run would make, and that would never get an address: on a VLAN their option `dhcp` is off, so that no answers
 * come in but the gateway's, and PVE's firewall of nftables drops DHCP then before it asks any rule (proxmox-firewall 1.2.3,
 * src/firewall.rs:670). With the option on it would let answers in from anybody.
 *
 * @param made VMs that are cloned in this run.
 */
export function checkNftables(made: readonly WorkloadVm[], { substrate, hypervisor, inventory }: Known): Fault[] {
    if (!runsNftables(inventory)) {
        return [];
    }
    const why =
        `node ${hypervisor.node} runs PVE's firewall of nftables, a tech preview, which drops DHCP of VMs on a VLAN. Turn it off, as ` +
        `root on the node: \`${turnOff(hypervisor)}\`; or give the VM address: fixed`;
    return asking(substrate, made).map((vm) =>
        faultOf(vm, "address", `VM ${vm.vmid} would ask by DHCP, and never get an address: ${why}`),
    );
}

/**
 * The warning about a node that runs PVE's firewall of nftables while tenants have VMs on it; undefined where there is nothing to say,
 * and where nobody may ask: a token reads it with `taskLog: true` alone (node/site.ts).
 */
export function nftablesWarning(
    substrate: Substrate,
    hypervisor: Hypervisor,
    inventory: Pick<Inventory, "hostFirewall">,
): string | undefined {
    const vms = substrate.tenants.filter((one) => one.hypervisor === hypervisor.name).flatMap((one) => one.vms);
    if (!runsNftables(inventory) || vms.length === 0) {
        return undefined;
    }
    const without = asking(substrate, vms).map(({ vmid }) => vmid);
    const lost =
        without.length === 0 ? "" : `VMs without an address there once their leases end: ${without.join(", ")}. `;
    return (
        `${hypervisor.name}: node ${hypervisor.node} runs PVE's firewall of nftables, a tech preview, under which the walls are others ` +
        `(docs/upgrade-pve.md). ${lost}As root on the node: ${turnOff(hypervisor)}`
    );
}

function runsNftables({ hostFirewall = {} }: Pick<Inventory, "hostFirewall">): boolean {
    return Number(hostFirewall["nftables"] ?? 0) === 1;
}

/** Those of some VMs that ask by DHCP on a VLAN. */
function asking({ tenants }: Substrate, vms: readonly WorkloadVm[]): WorkloadVm[] {
    const tagged = new Set(tenants.filter(({ segment }) => segment.tagged).map(({ name }) => name));
    return vms.filter(({ address, tenant }) => address === undefined && tagged.has(tenant));
}

function turnOff({ node }: Hypervisor): string {
    return `pvesh set /nodes/${node}/firewall/options --nftables 0`;
}
