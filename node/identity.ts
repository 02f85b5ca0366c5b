import { liesIn, networkOf } from "../substrate/network";
import type { Hypervisor, Substrate } from "../substrate/substrate";
import type { NodeClient } from "./client";

/** A network interface of a node. */
interface Interface {
    readonly iface: string;
    readonly cidr?: string;
}

/**
 * In what the node that an endpoint leads to is not the substrate's own, one line for each: another name, a member of a
 * cluster, an address of another substrate's site. Any of them means that a run would work on somebody else's machine.
 *
 * @throws NodeError where the node cannot be asked.
 */
export async function misplaced(client: NodeClient, substrate: Substrate, hypervisor: Hypervisor): Promise<string[]> {
    const nodes = (await client.get<{ node: string }[]>("/nodes")).map(({ node }) => node).sort();
    const wrong = wrongNode(substrate, hypervisor, nodes);
    if (wrong !== undefined) {
        return [wrong];
    }
    const interfaces = await client.get<Interface[]>(`/nodes/${hypervisor.node}/network`);
    return interfaces.flatMap((one) => wrongAddress(substrate, hypervisor, one) ?? []);
}

function wrongNode(
    { name }: Substrate,
    { name: key, node, endpoint }: Hypervisor,
    nodes: string[],
): string | undefined {
    const place = `hypervisors.${key}`;
    if (nodes.length > 1) {
        return (
            `${key}: ${endpoint} is a cluster of ${nodes.join(", ")}, and a tenant hypervisor stands alone: is this ` +
            `${name}'s node? Correct ${place}.endpoint, or take the node out of the cluster`
        );
    }
    if (!nodes.includes(node)) {
        return (
            `${key}: ${endpoint} is node ${nodes.join(", ") || "unknown"}, not ${node}: correct ${place}.endpoint or ` +
            `${place}.node`
        );
    }
    return undefined;
}

function wrongAddress(
    { name, site, elsewhere }: Substrate,
    { name: key, node, endpoint }: Hypervisor,
    { iface, cidr }: Interface,
): string | undefined {
    const address = `${cidr?.split("/")[0]}/32`;
    const other = elsewhere.find((one) => liesIn(address, [networkOf(`10.${one.site}.0.0/16`)]));
    return other === undefined || other.site === site
        ? undefined
        : `${key}: node ${node} at ${endpoint} has ${cidr} on ${iface}, an address of ${other.name} (10.${other.site}.0.0/16), ` +
              `and ${name} is 10.${site}.0.0/16: correct hypervisors.${key}.endpoint`;
}
