import { checkAllowances } from "./allowances";
import type { Site } from "./destination";
import type { CheckedTenant } from "../../definitions/places";
import { checkIdentity } from "./identity";
import { checkVmDefinitions } from "./vms";
import type { SubstrateDefinition } from "../../definitions/definitions";
import type { Fault } from "../../definitions/faults";

/**
 * Checks what no schema can see: the definitions of a substrate against each other.
 *
 * @param sites names of all substrates, which no tenant may bear.
 * @param site the network plan, and the other substrates' sites, which no tenant may reach.
 */
export function checkAcross(
    substrateName: string,
    substrate: SubstrateDefinition,
    tenants: readonly CheckedTenant[],
    sites: readonly string[],
    site: Site,
): Fault[] {
    return [
        ...checkIdentity(substrateName, substrate, site.plan, tenants, sites),
        ...checkVmDefinitions(tenants),
        ...checkAllowances(site, tenants),
    ];
}
