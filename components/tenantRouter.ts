import type * as pulumi from "@pulumi/pulumi";
import type { RouterRecords } from "../model/routerRecords";
import { RouterDhcp, RouterNames, RouterRules, RouterVlan } from "../router/resources";

/** What a tenant has on the core router, and the router's address; of a substrate whose router the stack writes to. */
export interface TenantRouterArgs {
    readonly endpoint: string;
    readonly tenant: string;
    readonly records: RouterRecords;
}

/**
 * Declares a tenant's VLAN, DHCP scope, names and walls on the core router.
 *
 * @returns what a VM of the tenant must find when it boots: its scope and its walls.
 */
export function declareOnRouter(
    name: string,
    { endpoint, tenant, records }: TenantRouterArgs,
    opts: pulumi.CustomResourceOptions,
): pulumi.Resource[] {
    const target = { endpoint, tenant };
    const vlan = new RouterVlan(`${name}-vlan`, { ...target, ...records.vlan }, opts);
    const on = { ...target, interface: vlan.interface };
    const dhcp = new RouterDhcp(`${name}-dhcp`, { ...on, ...records.dhcp }, opts);
    const names =
        records.names.hosts.length > 0 ? [new RouterNames(`${name}-names`, { ...target, ...records.names }, opts)] : [];
    const rules = new RouterRules(`${name}-rules`, { ...on, ...records.rules }, opts);
    return [dhcp, ...names, rules];
}
