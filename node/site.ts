import { NodeError, type NodeClient } from "./client";
import type { Settings } from "./inventory";

/** The part of a node's configuration that every guest's walls depend on. */
export interface NodeSite {
    /** Options of the datacentre's firewall. */
    readonly datacentre: Settings;
    /** Addresses of the datacentre's ipset `blacklist`, which PVE drops before a VM's own rules. */
    readonly blacklist: readonly string[];
    readonly bridges: readonly Bridge[];
}

/** A bridge of a node. */
export interface Bridge {
    readonly name: string;
    /** Whether its ports keep to their VLANs. */
    readonly vlanAware: boolean;
}

/** A network interface in GET /nodes/{node}/network. */
export interface Interface {
    readonly iface: string;
    readonly type: string;
    readonly cidr?: string;
    readonly bridge_vlan_aware?: number;
}

/** The name that the datacentre's ipset must have for PVE to drop its addresses (pve-firewall 5.1.2, src/PVE/Firewall.pm:2523). */
const BLACKLIST = "blacklist";

/**
 * Reads what every guest's walls depend on, but for the options of the node's own firewall. The datacentre's is read with Sys.Audit
 * on / (pve-firewall 5.1.2, src/PVE/API2/Firewall/Cluster.pm:91), the bridges with no privilege (pve-manager 8.4.21,
 * PVE/API2/Network.pm, index).
 *
 * @throws NodeError where the node cannot be asked.
 */
export async function readSite(client: Pick<NodeClient, "get">, node: string): Promise<NodeSite> {
    const [datacentre, ipsets, interfaces] = await Promise.all([
        client.get<Settings>("/cluster/firewall/options"),
        client.get<{ name: string }[]>("/cluster/firewall/ipset"),
        client.get<Interface[]>(`/nodes/${node}/network`),
    ]);
    const blacklist = ipsets.some(({ name }) => name === BLACKLIST)
        ? await client.get<{ cidr: string }[]>(`/cluster/firewall/ipset/${BLACKLIST}`)
        : [];
    return {
        datacentre,
        blacklist: blacklist.map(({ cidr }) => cidr),
        bridges: bridgesIn(interfaces),
    };
}

/**
 * Reads the options of the node's own firewall, with Sys.Audit on /nodes/{node} (pve-firewall 5.1.2, src/PVE/API2/Firewall/Host.pm:70),
 * which a token has for the task log alone; undefined where it has not.
 *
 * @throws NodeError where the node cannot be asked.
 */
export function readHostFirewall(client: Pick<NodeClient, "get">, node: string): Promise<Settings | undefined> {
    return unlessForbidden(client.get<Settings>(`/nodes/${node}/firewall/options`));
}

/** Bridges among a node's interfaces; Open vSwitch keeps its ports to their VLANs always. */
export function bridgesIn(interfaces: readonly Interface[]): Bridge[] {
    return interfaces
        .filter(({ type }) => type === "bridge" || type === "OVSBridge")
        .map(({ iface, type, bridge_vlan_aware }) => ({
            name: iface,
            vlanAware: type === "OVSBridge" || Number(bridge_vlan_aware ?? 0) === 1,
        }));
}

/** The answer to a request; undefined where the token may not ask. */
export async function unlessForbidden<T>(answer: Promise<T>): Promise<T | undefined> {
    try {
        return await answer;
    } catch (error) {
        if (error instanceof NodeError && error.status === 403) {
            return undefined;
        }
        throw error;
    }
}
