import { faultAtKey } from "../../definitions/places";
import { DefinitionError } from "../../definitions/faults";
import { byTenant, POOL, type Deployment } from "../../state/deployment";
import type { Substrate } from "../../substrate/substrate";

/**
 * Refuses a tenant that takes another's VMs over while that one is kept: its pool goes with its name, and Pulumi deletes nothing
 * that it protects, by the state that it has and not by the files.
 *
 * @throws DefinitionError with each such tenant and the two runs that it takes.
 */
export function requireRenamable({ name, tenants }: Substrate, { resources = [] }: Deployment): void {
    const known = byTenant(resources);
    const faults = tenants.flatMap(({ formerly, keep, definedAt }) => {
        const pool = known.get(formerly ?? "")?.find(({ type }) => type === POOL);
        if (formerly === undefined || pool?.protect !== true) {
            return [];
        }
        const again = keep ? ", with keep: true again" : "";
        const message =
            `${formerly} is kept (keep: true), and its pool goes with its name. It takes two runs: under the name ${formerly} set ` +
            `keep: false and \`tenants up ${name}\`; then rename it${again}`;
        return [faultAtKey(definedAt, "formerly", message)];
    });
    if (faults.length > 0) {
        throw new DefinitionError(faults);
    }
}
