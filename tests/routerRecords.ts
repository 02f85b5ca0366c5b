import type { RouterRecords } from "../router/recordTypes";
import { OWNER_PREFIX } from "../substrate/recordOwnership";

/** Records of a small tenant of dvntm on the core router: two VMs with fixed addresses, the first with aliases. */
export function recordsOf(tenant: string, vlan: number): RouterRecords {
    const net = `10.20.${vlan}`;
    const zone = `${tenant}.dvntm.deevnet.net`;
    const ours = (what: string) => `${OWNER_PREFIX}${tenant} ${what}`;
    const sequence = (index: number) => vlan * 1000 + index;
    const open = { source: `${net}.0/24`, destinationNot: false, log: false } as const;
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
            privateNetworks: {
                name: `${tenant}_private`,
                networks: ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"],
                description: ours("private networks"),
            },
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
                    action: "pass",
                    destination: `${tenant}_private`,
                    destinationNot: true,
                    sequence: sequence(5),
                    protocol: "any",
                    description: ours("internet"),
                },
                {
                    ...open,
                    action: "block",
                    source: "any",
                    destination: "any",
                    sequence: sequence(6),
                    protocol: "any",
                    log: true,
                    description: ours("everything else"),
                },
            ],
        },
    };
}
