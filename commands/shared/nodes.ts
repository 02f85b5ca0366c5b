import type { Substrate } from "../../substrate/substrate";
import type { Clients } from "../../node/held";
import { connect } from "../../node/token";

/** Does something with the nodes of a substrate, by PVE node name, and lets go of the connections. */
export async function withNodes<T>({ hypervisors }: Substrate, work: (clients: Clients) => Promise<T>): Promise<T> {
    const clients = new Map(hypervisors.map((hypervisor) => [hypervisor.node, connect(hypervisor)]));
    try {
        return await work(clients);
    } finally {
        clients.forEach((client) => client.close());
    }
}
