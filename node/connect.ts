import type { Hypervisor, Substrate } from "../substrate/substrate";
import { NodeClient, NodeError } from "./client";

/** The API token of the program, from the environment. @throws NodeError where it is not set. */
export function apiToken(): string {
    const token = process.env["PROXMOX_VE_API_TOKEN"];
    if (token === undefined || token === "") {
        throw new NodeError("PROXMOX_VE_API_TOKEN is not set; it is user@realm!name=secret (see env.example).");
    }
    return token;
}

/**
 * Connects to the node of a hypervisor with the program's token; the caller closes it.
 *
 * @throws NodeError where the token is not set, or SSL_CERT_FILE cannot be read.
 */
export function connect({ name, endpoint }: Hypervisor): NodeClient {
    return new NodeClient(name, endpoint, apiToken());
}

/** Clients by PVE node name. */
export type Clients = ReadonlyMap<string, NodeClient>;

/** Does something with the nodes of a substrate, and lets go of the connections. @throws NodeError as connect does. */
export async function withNodes<T>({ hypervisors }: Substrate, work: (clients: Clients) => Promise<T>): Promise<T> {
    const clients = new Map(hypervisors.map((hypervisor) => [hypervisor.node, connect(hypervisor)]));
    try {
        return await work(clients);
    } finally {
        clients.forEach((client) => client.close());
    }
}

/**
 * Does something with the node of each hypervisor side by side, and lets go of the connections.
 *
 * @returns what came of it, in the hypervisors' order.
 * @throws NodeError as connect does.
 */
export async function withEachNode<T>(
    { hypervisors }: Substrate,
    work: (client: NodeClient, hypervisor: Hypervisor) => Promise<T>,
): Promise<T[]> {
    const connected = hypervisors.map((hypervisor) => ({ hypervisor, client: connect(hypervisor) }));
    try {
        return await Promise.all(connected.map(({ client, hypervisor }) => work(client, hypervisor)));
    } finally {
        connected.forEach(({ client }) => client.close());
    }
}
