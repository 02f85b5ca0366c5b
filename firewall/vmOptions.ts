/**
 * Options of PVE's firewall around a VM, by the provider's names, but for its address filter. PVE's option `dhcp` lets DHCP's ports
 * through before every rule and filter, out with any MAC and address, in from anywhere (pve-firewall 5.1.2,
 * src/PVE/Firewall.pm:2560). On a VLAN the rules let the gateway's answers in, and it is off; on a flat network nobody knows who
 * answers.
 *
 * @param tagged whether the VM is on a VLAN.
 */
export function vmFirewallOptions(tagged: boolean) {
    return {
        enabled: true,
        inputPolicy: "DROP",
        outputPolicy: "ACCEPT",
        macfilter: true,
        ndp: true,
        radv: false,
        logLevelIn: "nolog",
        logLevelOut: "nolog",
        dhcp: !tagged,
    };
}

/** PVE's names of these options. */
export const PVE_NAMES: Readonly<Record<keyof ReturnType<typeof vmFirewallOptions>, string>> = {
    enabled: "enable",
    dhcp: "dhcp",
    macfilter: "macfilter",
    ndp: "ndp",
    inputPolicy: "policy_in",
    outputPolicy: "policy_out",
    radv: "radv",
    logLevelIn: "log_level_in",
    logLevelOut: "log_level_out",
};
