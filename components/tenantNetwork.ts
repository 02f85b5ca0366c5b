import * as proxmoxve from "@muhlba91/pulumi-proxmoxve";
import * as pulumi from "@pulumi/pulumi";
import { FILTER_IPSET } from "../node/addressFilter";
import { inboundOf } from "../firewall/inbound";
import type { Segment } from "../substrate/substrate";
import type { ConnectedHypervisor } from "./hypervisor";
import { declareOnRouter, type TenantRouterArgs } from "./tenantRouter";
import type { TenantVm } from "./tenantVm";

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

/** PVE's firewall around a VM, but for its rules and its address filter. */
const OPTIONS = {
    enabled: true,
    dhcp: true,
    inputPolicy: "DROP",
    outputPolicy: "ACCEPT",
    macfilter: true,
    ndp: true,
    radv: false,
    logLevelIn: "nolog",
    logLevelOut: "nolog",
};

/**
 * The things that hold a tenant together: on its hypervisor the PVE pool that its VMs join, the segment that their NICs are tagged
 * for and the PVE firewall around each of them; on the core router its VLAN, DHCP scope, names and walls.
 */
export class TenantNetwork extends pulumi.ComponentResource {
    readonly poolId: pulumi.Output<string>;
    readonly segment: Segment;
    /** Resources that must be there before a VM of the tenant boots. */
    readonly beforeVms: readonly pulumi.Resource[];
    private readonly node: string;

    constructor(name: string, args: TenantNetworkArgs, opts?: pulumi.ComponentResourceOptions) {
        super("deevnet:tenant:TenantNetwork", name, {}, opts);
        this.segment = args.segment;
        this.node = args.hypervisor.model.node;

        // Not the component: its firewalls would be protected too, and Pulumi refuses to make anew what is.
        const kept = { parent: this, protect: args.keep };
        const pool = new proxmoxve.PoolLegacy(`${name}-pool`, { poolId: args.tenant, comment: args.description }, kept);

        this.beforeVms = args.router === undefined ? [] : declareOnRouter(name, args.router, kept);
        this.poolId = pool.poolId;
        this.registerOutputs({ poolId: this.poolId });
    }

    /**
     * Puts PVE's firewall around a VM: everything inbound is dropped but what comes from the tenant's own segment,
     * from the site's segments that the lab's zone matrix lets in, and from tenants whose files say so; the VM may not send
     * with another MAC, nor with another address than the one that it has by its definition.
     *
     * It goes with the VM, so nothing is left to delete once the VM is gone.
     *
     * @param former names that the VM had.
     */
    guard(name: string, vm: TenantVm, former: readonly { readonly name: string }[]): void {
        const target = { nodeName: this.node, vmId: vm.vmid };
        const optsOf = (role: string): pulumi.CustomResourceOptions => ({
            parent: this,
            // PVE drops all of it with the VM, and the provider does not see that its options are gone: a VM that is made
            // anew gets them anew.
            deletedWith: vm,
            deleteBeforeReplace: true,
            replacementTrigger: vm.incarnation,
            aliases: former.map((had) => ({ name: `${had.name}-${role}` })),
        });
        // The provider fails to delete a set that went with its VM: it is deleted before a VM that is replaced.
        const beforeVm = { ...optsOf("ipfilter"), replaceWith: [vm.machine] };
        const filter = addressFilter(`${name}-ipfilter`, target, vm.onlyAddress, beforeVm);
        new proxmoxve.firewall.OptionsLegacy(
            `${name}-firewall`,
            { ...target, ...OPTIONS, ipfilter: filter.length > 0 },
            // A VM whose ipset is missing could send from no address at all: it is there before, and goes after.
            { ...optsOf("firewall"), dependsOn: filter },
        );
        new proxmoxve.firewall.RulesLegacy(`${name}-rules`, { ...target, rules: this.rules() }, optsOf("rules"));
    }

    private rules() {
        return inboundOf(this.segment).map((inbound) => ({
            type: "in",
            action: "ACCEPT",
            source: inbound.cidr,
            ...(inbound.protocol && { proto: inbound.protocol }),
            ...(inbound.ports && { dport: inbound.ports }),
            comment: inbound.name,
            enabled: true,
        }));
    }
}

/** The ipset that leaves a VM one address to send from; none for a VM that may send from any. */
function addressFilter(
    name: string,
    target: { readonly nodeName: string; readonly vmId: pulumi.Input<number> },
    address: string | undefined,
    opts: pulumi.CustomResourceOptions,
): pulumi.Resource[] {
    if (address === undefined) {
        return [];
    }
    // Without /32, as PVE writes it and gives it back.
    const args = { ...target, name: FILTER_IPSET, cidrs: [{ name: address }] };
    return [new proxmoxve.firewall.IpsetLegacy(name, args, opts)];
}
