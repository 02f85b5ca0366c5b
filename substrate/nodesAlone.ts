import type { Substrate } from "./substrate";

/** Environment variable that has the program declare what is on the nodes alone; `tenants drift` sets it for its preview. */
export const NODES_ALONE = "TENANT_HYPERVISORS_NODES_ALONE";

/**
 * A substrate without its core router and its hosts' baselines: what is declared from it is on the nodes, so that a preview
 * of it asks nothing else.
 */
export function nodesAlone(substrate: Substrate): Substrate {
    const hypervisors = substrate.hypervisors.map((hypervisor) => {
        const { baseline, ...others } = hypervisor;
        return baseline === undefined ? hypervisor : others;
    });
    // In mode export the stack writes nothing to the router.
    return { ...substrate, hypervisors, coreRouter: { ...substrate.coreRouter, mode: "export" } };
}
