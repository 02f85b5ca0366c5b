/**
 * Privileges that the user of the API key must have on the router, by what of the API each opens: OPNsense's own names, as
 * the ACL.xml of each module in opnsense/core 26.7.2 has them. Unbound's narrower "Edit Host and Domain Override" opens
 * neither its reconfigure nor the endpoints as they are asked here.
 */
const PRIVILEGES: Readonly<Record<string, string>> = {
    "interfaces/vlan_settings/": "Interfaces: VLAN",
    "interfaces/overview/": "Status: Interfaces",
    "kea/": "Services: DHCP: Kea(v4)",
    "unbound/": "Services: Unbound",
    "firewall/filter/": "Firewall: Rules [new]",
    "firewall/alias/": "Firewall: Alias: Edit",
};

/**
 * Privileges that open more: what drift looks at beside the rules, the assignment of VLANs, and the connections that are open.
 * Without them it is left out.
 */
const MORE_PRIVILEGES: Readonly<Record<string, string>> = {
    "firewall/group/": "Firewall: Groups",
    "firewall/d_nat/": "Firewall: NAT: Destination NAT",
    "firewall/source_nat/": "Firewall: NAT: Source NAT",
    "firewall/one_to_one/": "Firewall: NAT: 1:1",
    "interfaces/assignment/": "Interfaces: Assign network ports",
    "diagnostics/firewall/": "Diagnostics: Show States",
};

/** The privilege that opens a path of the API, or undefined for one that the program does not ask. */
export function privilegeFor(path: string): string | undefined {
    const all = Object.entries({ ...PRIVILEGES, ...MORE_PRIVILEGES });
    return all.find(([opened]) => path.startsWith(opened))?.[1];
}

/** Every privilege that is needed, by name. */
export function privileges(): string[] {
    return Object.values(PRIVILEGES);
}

/** Every privilege that opens more, by name. */
export function morePrivileges(): string[] {
    return Object.values(MORE_PRIVILEGES);
}
