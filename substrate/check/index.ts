import { checkAllowances } from "./allowances";
import type { CheckedTenant } from "../../definitions/places";
import { checkIdentity } from "./identity";
import { checkVmDefinitions } from "./vms";
import type { SubstrateDefinition } from "../../definitions/definitions";
import type { Fault } from "../../definitions/faults";

/**
 * Checks what no schema can see: the definitions of a substrate against each other.
 *
 * @param sites names of all substrates, which no tenant may bear.
 */
export function checkAcross(
    substrateName: string,
    substrate: SubstrateDefinition,
    tenants: readonly CheckedTenant[],
    sites: readonly string[],
): Fault[] {
    return [
        ...checkIdentity(substrateName, substrate, tenants, sites),
        ...checkVmDefinitions(tenants),
        ...checkAllowances(substrate, tenants),
    ];
}
