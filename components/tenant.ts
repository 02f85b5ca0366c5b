import * as pulumi from "@pulumi/pulumi";
import type { NicOutput, VmOutput } from "../substrate/outputs";
import type { Tenant as TenantModel, WorkloadVm } from "../substrate/substrate";
import type { ConnectedHypervisor } from "./hypervisor";
import { declareBackups } from "./tenantBackups";
import { TenantNetwork } from "./tenantNetwork";
import type { TenantRouterArgs } from "./tenantRouter";
import { TenantVm } from "./tenantVm";

export interface TenantArgs {
    readonly tenant: TenantModel;
    readonly hypervisor: ConnectedHypervisor;
    /** Missing where the stack writes nothing to the core router. */
    readonly router?: TenantRouterArgs;
}

/** A VM of the stack's outputs before the run is over: a preview knows all but the MAC of a new one. */
export type VmInputs = { readonly [K in keyof VmOutput]: pulumi.Input<VmOutput[K]> };

/** One tenant file: a network and the VMs on it. Nothing in it depends on another tenant. */
export class Tenant extends pulumi.ComponentResource {
    /** The tenant's VMs as the stack puts them out, ordered by VMID. */
    readonly vms: readonly VmInputs[];

    constructor(name: string, { tenant, hypervisor, router }: TenantArgs, opts?: pulumi.ComponentResourceOptions) {
        super("deevnet:tenant:Tenant", name, {}, pulumi.mergeOptions(opts, { providers: [hypervisor.provider] }));

        const { segment, zone, description, keep } = tenant;
        const network = new TenantNetwork(
            `${name}-network`,
            { tenant: tenant.name, description, keep, segment, hypervisor, ...(router && { router }) },
            { parent: this },
        );
        const machines: pulumi.Resource[] = [];
        this.vms = tenant.vms.map((vm) => {
            const vmName = `${name}-${vm.name}`;
            const former = hypervisor.aliasesOf(vm, vmName);
            const args = { vm, segment, hypervisor, network, zone, former };
            const declared = new TenantVm(vmName, args, { parent: this, aliases: former });
            machines.push(declared);
            return outputOf(vm, tenant, declared, hypervisor.reservedFor(vm));
        });
        declareBackups(name, { tenant, hypervisor, network, vms: machines }, this);

        this.registerOutputs({ vms: this.vms });
    }
}

/** @param kept address that DHCP keeps for the VM. */
function outputOf(vm: WorkloadVm, { segment }: TenantModel, declared: TenantVm, kept: string | undefined): VmInputs {
    const reserved = segment.tagged && vm.address === undefined ? kept : undefined;
    return {
        tenant: vm.tenant,
        name: vm.name,
        vmid: vm.vmid,
        mac: declared.mac,
        vlan: segment.vlan,
        subnet: segment.subnet.cidr,
        ...(vm.address !== undefined && { address: vm.address }),
        ...(reserved !== undefined && { reserved }),
        ...(vm.nics.length > 0 && { nics: declared.nicMacs.apply((macs) => nicsOf(vm, macs)) }),
        fqdn: vm.fqdn,
        aliases: [...vm.aliases],
    };
}

function nicsOf({ nics }: WorkloadVm, macs: readonly string[]): NicOutput[] {
    return nics.map(({ interface: name, segment, vlan, cidr, address }, index) => ({
        interface: name,
        ...(segment !== undefined && { segment }),
        ...{ mac: macs[index] ?? "", vlan, subnet: cidr, address },
    }));
}
