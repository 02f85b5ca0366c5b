import { componentOf, type NodeFacts, type Recorded } from "./nodeFacts";
import type { Hypervisor, Substrate, WorkloadVm } from "./substrate";

/** What a person must know before a run that nothing in the definitions forbids: one text each. */
export function warningsOf(
    substrate: Substrate,
    hypervisor: Hypervisor,
    facts: NodeFacts,
    recorded: Recorded,
): string[] {
    const vms = substrate.tenants.filter((t) => t.hypervisor === hypervisor.name).flatMap((t) => t.vms);
    return [
        ...(facts.firewall ? [] : [firewallIsOff(hypervisor)]),
        ...vms.filter((vm) => isCutOff(vm, facts, recorded)).map(cutOff),
    ];
}

/**
 * PVE's datacentre switch is never turned on from here: with it PVE closes the node itself, too, to all but its own
 * network and the ipset `management` (pve-firewall: the host's input policy is DROP), and who comes from elsewhere is
 * locked out.
 */
function firewallIsOff({ name }: Hypervisor): string {
    return (
        `${name}: PVE's datacentre firewall is off, so the firewall around no VM counts: VMs may take each other's MAC ` +
        "and address, and only the core router keeps tenants apart. It guards the node itself, too, which then lets in " +
        "SSH and the API from the node's own network and the ipset management alone. To turn it on, as root there: " +
        "add where you and this program come from (pvesh create /cluster/firewall/ipset --name management; " +
        "pvesh create /cluster/firewall/ipset/management --cidr <network>), then " +
        "pvesh set /cluster/firewall/options --enable 1. Locked out: at its console, pve-firewall stop."
    );
}

/** Whether a running VM's address becomes fixed while its guest keeps the one that it had. */
function isCutOff(vm: WorkloadVm, { guests }: NodeFacts, recorded: Recorded): boolean {
    const had = recorded.made.get(componentOf(vm, recorded))?.restartSettings?.address;
    const running = guests.get(vm.vmid)?.running === true;
    return running && had !== undefined && vm.address !== undefined && had !== vm.address && vm.reboot === "never";
}

function cutOff({ tenant, name, vmid, address }: WorkloadVm): string {
    return (
        `${tenant}/${name} (VM ${vmid}): PVE's address filter lets through ${address} alone from now on, and the guest ` +
        `takes that address when it is restarted: restart it (qm reboot ${vmid}), or set reboot: when-needed.`
    );
}
