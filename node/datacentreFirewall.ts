import type { Inventory } from "./inventory";
import type { Hypervisor, Substrate } from "../substrate/substrate";

/**
 * The warning about a hypervisor whose datacentre firewall is off while tenants have VMs on it; undefined where there is
 * nothing to say. With it off PVE renders no rule at all, whatever a VM's own firewall says (PVE::Firewall, compile).
 *
 * Nothing turns it on: it closes the node's own ports as well, and may lock a person out. What it leaves open is pve-firewall
 * 5.1.2, src/PVE/Firewall.pm:2933-2940.
 */
export function firewallWarning(
    substrate: Substrate,
    { name, node }: Hypervisor,
    { datacentreFirewall }: Pick<Inventory, "datacentreFirewall">,
): string | undefined {
    const hasVms = substrate.tenants.some(({ hypervisor, vms }) => hypervisor === name && vms.length > 0);
    if (datacentreFirewall || !hasVms) {
        return undefined;
    }
    return [
        `${name}: PVE's datacentre firewall is off, so no firewall around a VM on node ${node} counts: neither the rules of`,
        "the tenants nor the MAC and address filters. Nothing turns it on unasked, since it closes the node's own ports, too:",
        "it lets in TCP 8006, 22, 3128, 5900-5999 and 60000-60050 from the node's own network; all else is dropped, ping, too.",
        "As root on the node:",
        "  1. only if you reach the node from another network, let that one in (the second line for each):",
        "     pvesh create /cluster/firewall/ipset --name management",
        "     pvesh create /cluster/firewall/ipset/management --cidr <network>",
        "  2. turn it on, with a way back after two minutes:",
        "     systemd-run --on-active=2min --unit=firewall-off pvesh set /cluster/firewall/options --enable 0",
        "     pvesh set /cluster/firewall/options --enable 1",
        "  3. once a new SSH session and the web interface work: systemctl stop firewall-off.timer",
    ].join("\n");
}
