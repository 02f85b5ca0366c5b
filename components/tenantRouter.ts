import * as pulumi from "@pulumi/pulumi";
import type { RouterRecords, RouterReservation } from "../router/recordTypes";
import { RouterDhcp, RouterNames, RouterRules, RouterVlan } from "../router/resources";
import { partOf, type Announced } from "../router/run";
import { NOT_DRAWN } from "../state/identities";
import { asInput } from "./identities";

/** A tenant's records on the core router, and the router's address; of a substrate whose router the stack writes to. */
export interface TenantRouterArgs {
    readonly endpoint: string;
    readonly tenant: string;
    readonly records: RouterRecords;
    /** The resources of all tenants there. */
    readonly run: Announced;
}

/** Announces what declareOnRouter declares for all tenants. */
export function announce(tenants: readonly Omit<TenantRouterArgs, "run">[]): Announced {
    return {
        resources: tenants.flatMap(({ tenant, records }) => [
            partOf("vlan", tenant),
            partOf("dhcp", tenant),
            ...(hasNames(records) ? [partOf("names", tenant)] : []),
            partOf("rules", tenant),
        ]),
        // As the CLI tells @pulumi/pulumi's own runtime (cmd/run); under other programs than the CLI there is none.
        parallel: Number(process.env["PULUMI_NODEJS_PARALLEL"] ?? 0),
    };
}

/**
 * Declares a tenant's VLAN, DHCP scope, names and walls on the core router.
 *
 * @returns what a VM of the tenant must find when it boots: its scope and its walls.
 */
export function declareOnRouter(
    name: string,
    { endpoint, tenant, records, run }: TenantRouterArgs,
    opts: pulumi.CustomResourceOptions,
): pulumi.Resource[] {
    const target = { endpoint, tenant, run };
    const vlan = new RouterVlan(`${name}-vlan`, { ...target, ...records.vlan }, opts);
    const on = { ...target, interface: vlan.interface };
    const names = hasNames(records) ? [new RouterNames(`${name}-names`, { ...target, ...records.names }, opts)] : [];
    const rules = new RouterRules(`${name}-rules`, { ...on, ...records.rules }, opts);
    // Walls before addresses. And no more of a tenant's operations wait at once than the engine has room for (WriteQueue).
    const scope = { ...records.dhcp, reservations: withMacs(records.dhcp.reservations) };
    const dhcp = new RouterDhcp(`${name}-dhcp`, { ...on, ...scope }, { ...opts, dependsOn: rules });
    return [dhcp, ...names, rules];
}

/** Reservations as an input: as they are, unless one of them is for a MAC that only the up draws. */
function withMacs(reservations: readonly RouterReservation[]): pulumi.Input<readonly RouterReservation[]> {
    return reservations.some(({ mac }) => mac === NOT_DRAWN)
        ? pulumi.output(reservations.map((one) => ({ ...one, mac: asInput(one.mac) })))
        : reservations;
}

function hasNames({ names }: RouterRecords): boolean {
    return names.hosts.length > 0;
}
