import { nameOf, type Deployment } from "../../state/deployment";
import { expectSame } from "../expect";

/**
 * The state holds the tenants' resources and no others, none of them waiting to be deleted, and no operation that never
 * ended.
 *
 * @throws UnexpectedError where it does not.
 */
export function expectState(deployment: Deployment, tenants: readonly string[], vmids: readonly number[]): void {
    const resources = (deployment.resources ?? []) as (NonNullable<Deployment["resources"]>[number] & {
        readonly delete?: boolean;
    })[];
    expectSame("operations that never ended", deployment.pending_operations ?? [], []);
    expectSame(
        "resources that wait to be deleted",
        resources.filter((one) => one.delete === true).map(({ urn }) => urn),
        [],
    );
    const ofType = (type: string) => resources.filter((one) => one.type.endsWith(type));
    expectSame(
        "VMs in the state",
        ofType(":VmLegacy")
            .map(({ id }) => String(id))
            .sort(),
        vmids.map(String).sort(),
    );
    expectSame("tenants in the state", ofType("tenant:Tenant").map(nameOf).sort(), [...tenants].sort());
    expectSame(
        "pools in the state",
        ofType(":PoolLegacy")
            .map(({ id }) => String(id))
            .sort(),
        [...tenants].sort(),
    );
    for (const type of [":OptionsLegacy", ":RulesLegacy"]) {
        expectSame(`resources ${type} in the state`, ofType(type).length, vmids.length);
    }
}
