import type { Substrate } from "./substrate";

/** Environment variable that has the program declare what is on the nodes alone; `tenants` sets it for previews. */
export const NODES_ALONE = "TENANT_HYPERVISORS_NODES_ALONE";

/** Its value with which what is on the core router is declared, too, as the files say: the router itself is not asked. */
export const WITH_ROUTER = "with router";

/**
 * A substrate without its core router and its hosts' baselines: what is declared from it is on the nodes, so that a preview
 * of it asks nothing else.
 *
 * @param router whether it keeps its core router.
 */
export function nodesAlone(substrate: Substrate, router = false): Substrate {
    const hypervisors = substrate.hypervisors.map((hypervisor) => {
        const { baseline, ...others } = hypervisor;
        return baseline === undefined ? hypervisor : others;
    });
    // In mode export the stack writes nothing to the router.
    const { coreRouter } = substrate;
    return { ...substrate, hypervisors, coreRouter: router ? coreRouter : { ...coreRouter, mode: "export" } };
}
