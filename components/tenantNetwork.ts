import * as proxmoxve from "@muhlba91/pulumi-proxmoxve";
import * as pulumi from "@pulumi/pulumi";
import type { Segment } from "../substrate/substrate";
import type { ConnectedHypervisor } from "./hypervisor";
import { declareOnRouter, type TenantRouterArgs } from "./tenantRouter";

export interface TenantNetworkArgs {
    readonly tenant: string;
    readonly description: string;
    /** Whether teardown is refused. */
    readonly keep: boolean;
    readonly segment: Segment;
    readonly hypervisor: ConnectedHypervisor;
    /** Missing where the stack writes nothing to the core router. */
    readonly router?: TenantRouterArgs;
}

/**
 * The things that hold a tenant together: on its hypervisor the PVE pool that its VMs join and the segment that their NICs are
 * tagged for; on the core router its VLAN, DHCP scope, names and walls.
 */
export class TenantNetwork extends pulumi.ComponentResource {
    readonly poolId: pulumi.Output<string>;
    readonly segment: Segment;
    /** Resources that must be there before a VM of the tenant boots. */
    readonly beforeVms: readonly pulumi.Resource[];

    constructor(name: string, args: TenantNetworkArgs, opts?: pulumi.ComponentResourceOptions) {
        super("deevnet:tenant:TenantNetwork", name, {}, opts);
        this.segment = args.segment;

        const kept = { parent: this, protect: args.keep };
        const pool = new proxmoxve.PoolLegacy(`${name}-pool`, { poolId: args.tenant, comment: args.description }, kept);

        this.beforeVms = args.router === undefined ? [] : declareOnRouter(name, args.router, kept);
        this.poolId = pool.poolId;
        this.registerOutputs({ poolId: this.poolId });
    }
}
