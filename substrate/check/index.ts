import { checkAllowances } from "./allowances";
import { checkBackups } from "./backups";
import { checkDisksDatastores } from "./datastores";
import type { Site } from "./destination";
import type { CheckedTenant } from "../../definitions/places";
import { checkIdentity } from "./identity";
import { checkExpires } from "./expires";
import { checkNetworkInterfaces } from "./networkInterfaces";
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
        ...checkNetworkInterfaces(substrate, site.plan, tenants),
        ...tenants.flatMap((tenant) => checkDisksDatastores(substrate, tenant)),
        ...checkExpires(tenants),
        ...checkBackups(substrate, tenants),
        ...checkAllowances(site, tenants),
    ];
}
