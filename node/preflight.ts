import type { Substrate, Hypervisor } from "../substrate/substrate";
import { NodeError, type NodeClient, withEachNode, apiToken } from "./client";
import { isAlive } from "../https/client";
import { proxyFor } from "../https/proxy";
import { bridgesIn, type Interface } from "./site";
import { liesIn, networkOf } from "../substrate/network";
import { siteNetworks } from "../substrate/plan";
import { excessOf, grantsOf, lacksOf, type Grant, type Permissions } from "../substrate/role";
import { versionWarning } from "../substrate/pveVersion";
import { tooManyCores } from "../substrate/admission";
import { cpuFault, isCustomCpu } from "../substrate/cpuTypes";
import { formatFault } from "../definitions/faults";
import { faultAtKey } from "../definitions/places";
import { checkBackups } from "./checkBackups";
import { vmsOn } from "./read";

/** Everything that is said of a substrate's nodes before a run, one line each. */
interface Told {
    /** Why no run may work on them. */
    readonly reasons: readonly string[];
    /** A version of PVE that is not known to work, and the token's reach beyond what the definitions ask for. */
    readonly warnings: readonly string[];
}

/**
 * Why no run may work on the nodes of a substrate, one line for each reason: the nodes are not the substrate's own, or else
 * what the token lacks on them. Asked before anything else: some missing privileges are no refusal but a node that looks
 * empty, whose VMs Pulumi would forget. A planned substrate has no node to ask.
 *
 * @throws NodeError where a node cannot be asked.
 */
export async function preflight(substrate: Substrate): Promise<readonly string[]> {
    return (await ask(substrate)).reasons;
}

/**
 * Refuses a run that may not work on a substrate's nodes.
 *
 * @returns warnings about a version of PVE that is not known to work, and a token that reaches further than the definitions ask for.
 * @throws NodeError with every reason of preflight.
 */
export async function requirePreflight(substrate: Substrate): Promise<readonly string[]> {
    const { reasons, warnings } = await ask(substrate);
    if (reasons.length > 0) {
        throw new NodeError(reasons.join("\n"));
    }
    return warnings;
}

async function ask(substrate: Substrate): Promise<Told> {
    if (substrate.status === "planned") {
        return { reasons: [], warnings: [] };
    }
    const cutOff = await withoutWay(substrate);
    if (cutOff.length > 0) {
        return { reasons: cutOff, warnings: [] };
    }
    const told = await withEachNode(substrate, (client, hypervisor) => askNode(client, substrate, hypervisor));
    return {
        reasons: told.flatMap(({ reasons }) => reasons),
        warnings: told.flatMap(({ warnings }) => warnings),
    };
}

async function askNode(client: NodeClient, substrate: Substrate, hypervisor: Hypervisor): Promise<Told> {
    const [nodes, pve, held] = await Promise.all([
        client.get<Node[]>("/nodes"),
        pveOf(client),
        client.get<Permissions>("/access/permissions"),
    ]);
    const wrong = await misplaced(client, substrate, hypervisor, nodes);
    if (wrong.length > 0) {
        // What a wrong node grants says nothing.
        return { reasons: wrong, warnings: [] };
    }
    const grants = grantsOf(substrate, hypervisor, pve);
    const lacks = tokenLacks(hypervisor, grants, held);
    const unknown = versionWarning(hypervisor.name, hypervisor.node, pve);
    return {
        // Without a grant a node says less than there is.
        reasons: lacks.length > 0 ? lacks : await unfit(client, substrate, hypervisor, { nodes, pve }),
        warnings: [...(unknown === undefined ? [] : [unknown]), ...reachWarnings(substrate, hypervisor, grants, held)],
    };
}

/** Version of PVE that a node runs, such as 9.2.11. @throws NodeError where the node cannot be asked. */
export async function pveOf(client: NodeClient): Promise<string> {
    return (await client.get<{ version: string }>("/version")).version;
}

/** Seconds that a proxy may take for a connection. */
const PROXY_SECONDS = 5;

/**
 * Nodes that the provider asks by a proxy that is not there, one line for each: it would try for minutes, after a preflight
 * that asks without one.
 */
async function withoutWay({ hypervisors }: Substrate): Promise<string[]> {
    const reasons = hypervisors.map(async ({ name, endpoint }) => {
        const { variable, url } = proxyFor(endpoint, process.env) ?? {};
        if (url === undefined) {
            return [];
        }
        const port = Number(url.port || (url.protocol === "https:" ? 443 : 80));
        return (await isAlive(url.hostname, port, PROXY_SECONDS, false))
            ? []
            : [
                  `${name}: ${variable} leads the provider to the proxy ${url.host}, which takes no connection: unset it, or ` +
                      `add ${new URL(endpoint).hostname} to NO_PROXY`,
              ];
    });
    return (await Promise.all(reasons)).flat();
}

/** A node in GET /nodes. */
interface Node {
    readonly node: string;
    /** CPU threads; PVE tells them where the token may read the node's status (Sys.Audit). */
    readonly maxcpu?: number;
}

/**
 * In what the node that an endpoint leads to is not the substrate's own, one line for each: another name, a member of a
 * cluster, an address of another substrate's site. Any of them means that a run would work on somebody else's machine. So
 * does a bridge that it does not have: PVE asks for privileges on it first, and says nothing of the slip.
 *
 * @throws NodeError where the node cannot be asked.
 */
async function misplaced(
    client: NodeClient,
    substrate: Substrate,
    hypervisor: Hypervisor,
    nodes: readonly Node[],
): Promise<string[]> {
    const names = nodes.map(({ node }) => node).sort();
    const wrong = wrongNode(substrate, hypervisor, names);
    if (wrong !== undefined) {
        return [wrong];
    }
    const interfaces = await client.get<Interface[]>(`/nodes/${hypervisor.node}/network`);
    return [
        ...interfaces.flatMap((one) => wrongAddress(substrate, hypervisor, one) ?? []),
        ...wrongBridge(hypervisor, interfaces),
    ];
}

/** Whether a hypervisor's bridge is none of its node's: the fault, or none. */
export function wrongBridge({ name: key, node, bridge }: Hypervisor, interfaces: readonly Interface[]): string[] {
    const bridges = bridgesIn(interfaces).map(({ name }) => name);
    if (bridges.includes(bridge)) {
        return [];
    }
    const known = bridges.length === 0 ? "and no other" : `but ${bridges.join(", ")}`;
    return [
        `${key}: node ${node} has no bridge ${bridge}, ${known}: correct hypervisors.${key}.bridge, or make it on the node`,
    ];
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
    { name, plan, elsewhere }: Substrate,
    { name: key, node, endpoint }: Hypervisor,
    { iface, cidr }: Interface,
): string | undefined {
    const address = `${cidr?.split("/")[0]}/32`;
    const own = siteNetworks(plan);
    const isIn = (networks: readonly string[]) => liesIn(address, networks.map(networkOf));
    const other = elsewhere.find(({ networks }) => isIn(networks));
    return other === undefined || isIn(own)
        ? undefined
        : `${key}: node ${node} at ${endpoint} has ${cidr} on ${iface}, an address of ${other.name} (${other.networks.join(", ")}), ` +
              `and ${name} is ${own.join(", ")}: correct hypervisors.${key}.endpoint`;
}

/** Privileges that the token lacks on a node, one line for each. */
function tokenLacks(hypervisor: Hypervisor, grants: readonly Grant[], held: Permissions): string[] {
    const name = apiToken().split("=")[0]!;
    return lacksOf(grants, held).map(
        ({ privilege, path }) =>
            `${hypervisor.name}: the token ${name} lacks ${privilege} on ${path}; see \`tenants role\``,
    );
}

/**
 * Warnings about what the program's token may do on a hypervisor beyond what the definitions ask for, and about what they ask
 * for that reaches further than it sounds; a line each, none where there is nothing to say.
 */
function reachWarnings(
    substrate: Substrate,
    hypervisor: Hypervisor,
    grants: readonly Grant[],
    held: Permissions,
): string[] {
    const name = apiToken().split("=")[0]!;
    const excess = excessOf(grants, held).map(({ path, privileges }) => `${privileges.join(", ")} on ${path}`);
    const wide = grants.filter(({ reaches }) => reaches !== undefined);
    return [
        ...(excess.length === 0
            ? []
            : [
                  `${hypervisor.name}: the token ${name} reaches more than the definitions ask for: ${excess.join("; ")}. ` +
                      `\`tenants role ${substrate.name}\` prints what it needs; take the rest away with pveum acl delete`,
              ]),
        ...wide.map(({ when, reaches }) => `${hypervisor.name}: ${when} in a tenant's file lets the token ${reaches}`),
    ];
}

/**
 * Demands that the CPUs of a node do not meet: more vCPUs than it has threads, which its hardware in the stack file may say otherwise, and
 * CPU types that the node does not have, of its own or of its version, one line for each VM; and storages of backups that take none.
 *
 * @throws NodeError where the node cannot be asked.
 */
async function unfit(
    client: NodeClient,
    substrate: Substrate,
    hypervisor: Hypervisor,
    { nodes, pve }: { readonly nodes: readonly Node[]; readonly pve: string },
): Promise<string[]> {
    const vms = vmsOn(substrate, hypervisor);
    const asks = vms.some(({ cpuType }) => isCustomCpu(cpuType));
    const path = `/nodes/${hypervisor.node}/capabilities/qemu/cpu`;
    const models = asks ? await client.get<{ name: string; custom?: number }[]>(path) : [];
    const custom = models.filter((model) => Number(model.custom ?? 0) === 1).map(({ name }) => name);
    const threads = nodes.find(({ node }) => node === hypervisor.node)?.maxcpu ?? Infinity;
    const cpus = vms.flatMap(({ cores, cpuType, definedAt }) => {
        const cpu = cpuFault(cpuType, custom, pve);
        const faults = [
            ...(cores > threads ? [faultAtKey(definedAt, "cores", tooManyCores(cores, hypervisor.name, threads))] : []),
            ...(cpu === undefined ? [] : [faultAtKey(definedAt, "cpu", cpu)]),
        ];
        return faults.map(formatFault);
    });
    return [...cpus, ...(await checkBackups(client, substrate, hypervisor))];
}
