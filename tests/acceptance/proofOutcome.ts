/** Attempts of a VM that may send from any address, in the order of the proof. */
export const OUTCOME = [
    "a frame of its own (control): reaches MATE",
    "with the MAC of MATE: stopped",
    "with a MAC of nobody: stopped",
    "with a MAC of nobody, from DHCP's port to DHCP's on platform: stopped",
    "its own address to platform (control): reaches platform",
    "with the address of STRANGER: stopped",
    "with the address of MATE: reaches platform (not stopped)",
    "with the address of MATE in a frame of VLAN 0: reaches platform (not stopped)",
    "with the address of STRANGER in a frame of VLAN 0: stopped",
    "a frame of VLAN 0 with the address of nobody to MATE: reaches MATE (not stopped)",
    "a frame of VLAN 0 with the address of nobody to STRANGER by the gateway: stopped",
    "a frame of VLAN 50 with the address of nobody to MATE: reaches MATE (not stopped)",
    "a frame of VLAN 50 with the address of nobody to STRANGER by the gateway: stopped",
    "a frame of VLAN 51 with the address of nobody to STRANGER: stopped",
    "gratuitous ARP for the gateway: reaches MATE (not stopped)",
    "gratuitous ARP for the gateway in a frame of VLAN 0: reaches MATE (not stopped)",
    "gratuitous ARP for the gateway in a frame of VLAN 0 to STRANGER: stopped",
    "a DHCP server of its own: reaches MATE (not stopped)",
    "a DHCP server that passes for the gateway in a frame of VLAN 0: reaches MATE (not stopped)",
    "a DHCP server of its own for STRANGER: stopped",
    "a neighbour solicitation (control): reaches MATE",
    "a router advertisement: stopped",
    "a router advertisement in a frame of VLAN 0: reaches MATE (not stopped)",
    "IPv6 to MATE: stopped",
    "IPv6 to STRANGER: stopped",
    "IPv6 to somewhere else by the gateway: stopped",
    "with a MAC of nobody in a connection to MATE: reaches MATE (not stopped)",
    "with a MAC of nobody in a connection to STRANGER: stopped",
    "an answer from STRANGER to what never reached it: stopped",
    "with the address of STRANGER in its connection to platform: reaches platform (not stopped)",
];

/** The same list with some of its lines as they are for another kind of VM. */
export function but(...other: readonly string[]): string[] {
    const whatOf = (line: string) => line.slice(0, line.indexOf(": "));
    return OUTCOME.map((line) => other.find((one) => whatOf(one) === whatOf(line)) ?? line);
}
