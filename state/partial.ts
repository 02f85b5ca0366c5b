import { byTenant, ofNoTenant, type Deployment, type StateResource } from "./deployment";
import { digestOf } from "./reading/reading";

/** Types of what is no tenant's: the stack, its providers and the hosts' baselines, which every run declares. */
const NO_TENANTS = /^(pulumi:pulumi:Stack|pulumi:providers:.*|deevnet:tenant:HostBaseline|command:remote:.*)$/;

/**
 * URNs of everything that tenants have in a state.
 *
 * @param names of the tenants.
 * @returns undefined where the state has a resource that is neither a tenant's nor one that every run declares: a run that leaves tenants out
 * would take it away.
 */
export function urnsOf({ resources = [] }: Deployment, names: ReadonlySet<string>): string[] | undefined {
    const tenants = byTenant(resources);
    const isClear = ofNoTenant(resources, tenants).every(({ type }) => NO_TENANTS.test(type));
    const known = [...names].every((name) => tenants.has(name));
    return known && isClear ? [...names].flatMap((name) => tenants.get(name)!.map(({ urn }) => urn)) : undefined;
}

/** Digest of the resources that a state has. */
export function resourcesDigest(resources: readonly Pick<StateResource, "urn" | "delete">[]): string {
    const urns = resources.filter((one) => one.delete !== true).map(({ urn }) => urn);
    return digestOf(urns.sort());
}
