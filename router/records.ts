import { fixedAddressOf, prefixOf, slotOf, type NetworkPlan } from "../substrate/plan";
import { parseAddress } from "../substrate/network";
import type { RouterDhcp, RouterHost, RouterNames, RouterRecords, RouterReservation } from "./recordTypes";
import { describe } from "../substrate/recordOwnership";
import { routerRulesOf } from "../firewall/routerRules";
import type { CoreRouter, Substrate, Tenant, WorkloadVm } from "../substrate/substrate";

/** Records of one tenant on the substrate's core router: the same for the same definitions, whatever their order. */
export function routerRecordsOf(substrate: Pick<Substrate, "plan" | "coreRouter">, tenant: Tenant): RouterRecords {
    const { plan, coreRouter } = substrate;
    return {
        vlan: vlanOf(coreRouter, tenant),
        dhcp: dhcpOf(plan, tenant),
        names: namesOf(plan, tenant),
        rules: routerRulesOf(plan, tenant),
    };
}

/**
 * Address that a VM has before it boots: its fixed one, or the one of the same slot that is reserved for its MAC, where
 * the MAC is known. Missing for a VM that takes any address of the pool.
 */
export function knownAddress(plan: NetworkPlan, vm: WorkloadVm): string | undefined {
    return vm.address ?? (vm.mac === undefined ? undefined : fixedAddress(plan, vm));
}

/** Address that the plan has for a VM's instance, whether the VM is told it or not. */
function fixedAddress(plan: NetworkPlan, { vmid }: WorkloadVm): string | undefined {
    const slot = slotOf(plan, vmid);
    return slot && fixedAddressOf(plan, slot.vlan, slot.instance);
}

function vlanOf({ vlanParent }: CoreRouter, { name, segment }: Tenant) {
    const { vlan, subnet } = segment;
    const description = describe(name, "segment");
    return { tag: vlan, parent: vlanParent, description, gatewayCidr: `${subnet.gateway}/${prefixOf(subnet.cidr)}` };
}

function dhcpOf(plan: NetworkPlan, tenant: Tenant): RouterDhcp {
    const { cidr, gateway, poolStart, poolEnd } = tenant.segment.subnet;
    return {
        subnet: cidr,
        poolStart,
        poolEnd,
        gateway,
        resolver: tenant.segment.resolvers.join(","),
        ntpServer: tenant.segment.timeServers.join(","),
        searchDomain: tenant.zone,
        description: describe(tenant.name, "segment"),
        reservations: tenant.vms
            .flatMap((vm) => reservationOf(plan, tenant, vm) ?? [])
            .sort((a, b) => parseAddress(a.address)! - parseAddress(b.address)!),
    };
}

/** A VM of a fixed address has one too, so that it gets the same address should it ask after all. */
function reservationOf(plan: NetworkPlan, tenant: Tenant, vm: WorkloadVm): RouterReservation | undefined {
    const address = vm.address ?? fixedAddress(plan, vm);
    if (vm.mac === undefined || address === undefined) {
        return undefined;
    }
    return { mac: vm.mac, address, hostname: vm.name, description: describe(tenant.name, vm.name) };
}

function namesOf(plan: NetworkPlan, tenant: Tenant): RouterNames {
    const hosts = tenant.vms.flatMap((vm): RouterHost[] => {
        const address = knownAddress(plan, vm);
        return address === undefined ? [] : [{ ...hostOf(tenant, vm), address }];
    });
    return { hosts: hosts.sort((a, b) => compare(a.hostname, b.hostname)) };
}

function hostOf({ name, zone }: Tenant, vm: WorkloadVm) {
    const description = describe(name, vm.name);
    return { hostname: vm.name, domain: zone, description, aliases: aliasLabels(zone, vm) };
}

/** A VM's further names as labels of its tenant's zone, ordered. */
export function aliasLabels(zone: string, { aliases }: WorkloadVm): string[] {
    return aliases.map((alias) => alias.slice(0, -(zone.length + 1))).sort(compare);
}

function compare(a: string, b: string): number {
    return a < b ? -1 : a > b ? 1 : 0;
}
