import * as proxmoxve from "@muhlba91/pulumi-proxmoxve";
import type * as pulumi from "@pulumi/pulumi";
import { wallOf } from "../firewall/inbound";
import { vmFirewallOptions } from "../firewall/vmOptions";
import { FILTER_IPSET, filterSet } from "../node/addressFilter";
import type { Segment, WorkloadVm } from "../substrate/substrate";

export interface VmFirewallArgs {
    /** The VM's component: its firewall stands under it, and goes with it. */
    readonly vm: pulumi.ComponentResource;
    /** The VM on its node, which a rebuild replaces. */
    readonly machine: proxmoxve.VmLegacy;
    /** PVE node. */
    readonly node: string;
    readonly segment: Segment;
    readonly workload: WorkloadVm;
    /** The one address that the VM may send from; undefined where it may send from any. */
    readonly onlyAddress: string | undefined;
    /** Another one for each time that the VM is made. */
    readonly incarnation: string;
    /** Names that the VM had. */
    readonly former: readonly { readonly name: string }[];
    /** Component that the firewall stood under in earlier releases. */
    readonly formerParent: pulumi.Resource;
}

/**
 * Puts PVE's firewall around a VM: new connections in are dropped but those from the tenant's own segment, from the site's
 * segments that its zone matrix lets in, and from tenants whose files say so; the VM may not begin one with another MAC, nor with
 * another address than the one that it has by its definition. docs/walls.md says what of this PVE does not stop inside a segment.
 *
 * @param name of the VM's component.
 * @returns all of it: once it is made, the VM may run.
 */
export function declareFirewall(name: string, args: VmFirewallArgs): pulumi.CustomResource[] {
    const target = { nodeName: args.node, vmId: args.machine.vmId };
    // The provider fails to delete a set that went with its VM: it is deleted before a VM that is replaced.
    const beforeVm = (role: string) => ({ ...optionsOf(name, role, args), replaceWith: [args.machine] });
    const first = filterOf(FILTER_IPSET, args.onlyAddress);
    const filter = [
        ...first,
        ...args.workload.nics.flatMap((nic) => filterOf(filterSet(nic.interface), nic.address)),
    ].map((set) => {
        const role = set.name === FILTER_IPSET ? "ipfilter" : set.name;
        return new proxmoxve.firewall.IpsetLegacy(`${name}-${role}`, { ...target, ...set }, beforeVm(role));
    });
    const options = new proxmoxve.firewall.OptionsLegacy(
        `${name}-firewall`,
        { ...target, ...vmFirewallOptions(args.segment.tagged), ipfilter: first.length > 0 },
        // A VM whose ipset is missing could send from no address at all: it is there before, and goes after.
        { ...optionsOf(name, "firewall", args), dependsOn: filter },
    );
    const declared = { ...target, rules: rulesOf(args) };
    const rules = new proxmoxve.firewall.RulesLegacy(`${name}-rules`, declared, optionsOf(name, "rules", args));
    return [...filter, options, rules];
}

function optionsOf(name: string, role: string, args: VmFirewallArgs): pulumi.CustomResourceOptions {
    const { vm, incarnation, former, formerParent } = args;
    const had = former.map((one) => ({ name: `${one.name}-${role}` }));
    return {
        parent: vm,
        // PVE drops all of it with the VM, and the provider does not see that its options are gone: a VM that is made
        // anew gets them anew.
        deletedWith: vm,
        deleteBeforeReplace: true,
        replacementTrigger: incarnation,
        aliases: [...had, ...[{ name: `${name}-${role}` }, ...had].map((one) => ({ ...one, parent: formerParent }))],
    };
}

function rulesOf({ segment, workload }: VmFirewallArgs) {
    return wallOf(segment, workload).map(
        ({ type, action, source, dest, protocol, sourcePorts, ports, iface, name }) => ({
            type,
            action,
            ...(iface && { iface }),
            ...(source && { source }),
            ...(dest && { dest }),
            ...(protocol && { proto: protocol }),
            ...(sourcePorts && { sport: sourcePorts }),
            ...(ports && { dport: ports }),
            comment: name,
            enabled: true,
        }),
    );
}

/** The ipset that leaves a NIC one address to send from, without /32, as PVE writes it and gives it back; none for one that has any. */
function filterOf(name: string, address: string | undefined) {
    return address === undefined ? [] : [{ name, cidrs: [{ name: address }] }];
}
