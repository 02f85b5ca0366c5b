import type { RouterRecords } from "../router/recordTypes";
import { OWNER_PREFIX } from "../substrate/recordOwnership";

/** Records of a small tenant of dvntm on the core router: two VMs with fixed addresses, the first with aliases. */
export function recordsOf(tenant: string, vlan: number): RouterRecords {
    const net = `10.20.${vlan}`;
    const zone = `${tenant}.dvntm.deevnet.net`;
    const ours = (what: string) => `${OWNER_PREFIX}${tenant} ${what}`;
    const sequence = (index: number) => vlan * 1000 + index;
    const open = { family: "inet", source: `${net}.0/24`, log: false } as const;
    const gateway = { ...open, action: "pass", destination: "gateway" } as const;
    return {
        vlan: { tag: vlan, parent: "re0", description: ours("VLAN"), gatewayCidr: `${net}.1/24` },
        dhcp: {
            subnet: `${net}.0/24`,
            poolStart: `${net}.100`,
            poolEnd: `${net}.200`,
            gateway: `${net}.1`,
            resolver: `${net}.1`,
            ntpServer: `${net}.1`,
            searchDomain: zone,
            description: ours("DHCP"),
            reservations: [
                {
                    mac: `02:de:20:${vlan}:00:01`,
                    address: `${net}.10`,
                    hostname: "api-vm01",
                    description: ours("api-vm01"),
                },
                {
                    mac: `02:de:20:${vlan}:00:02`,
                    address: `${net}.11`,
                    hostname: "db-vm01",
                    description: ours("db-vm01"),
                },
            ],
        },
        names: {
            hosts: [
                {
                    hostname: "api-vm01",
                    domain: zone,
                    address: `${net}.10`,
                    description: ours("api-vm01"),
                    aliases: ["api", "mqtt"],
                },
                { hostname: "db-vm01", domain: zone, address: `${net}.11`, description: ours("db-vm01"), aliases: [] },
            ],
        },
        rules: {
            vlan,
            rules: [
                { ...gateway, sequence: sequence(1), protocol: "TCP/UDP", ports: "53", description: ours("DNS") },
                {
                    ...open,
                    action: "pass",
                    source: "any",
                    destination: "any",
                    sequence: sequence(2),
                    protocol: "UDP",
                    ports: "67",
                    description: ours("DHCP"),
                },
                { ...gateway, sequence: sequence(3), protocol: "UDP", ports: "123", description: ours("NTP") },
                {
                    ...open,
                    action: "pass",
                    destination: "10.20.25.0/24",
                    sequence: sequence(4),
                    protocol: "any",
                    description: ours("platform"),
                },
                {
                    ...open,
                    action: "block",
                    source: "any",
                    destination: "10.0.0.0/8",
                    sequence: sequence(5),
                    protocol: "any",
                    log: true,
                    description: ours("what is private"),
                },
                {
                    ...open,
                    action: "pass",
                    destination: "any",
                    sequence: sequence(6),
                    protocol: "any",
                    description: ours("internet"),
                },
                {
                    ...open,
                    action: "block",
                    source: "any",
                    destination: "any",
                    sequence: sequence(7),
                    protocol: "any",
                    log: true,
                    description: ours("everything else"),
                },
            ],
        },
    };
}
