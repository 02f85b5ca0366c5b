import { prefixOf } from "../substrate/plan";
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
        dhcp: dhcpOf(tenant),
        names: namesOf(tenant),
        rules: routerRulesOf(plan, tenant),
    };
}

/**
 * Address that a VM has before it boots: its fixed one, or the one that is reserved for its MAC, where the MAC is known. Missing for
 * a VM that takes any address of the pool, and on a flat network.
 */
export function knownAddress({ segment }: Pick<Tenant, "segment">, vm: WorkloadVm): string | undefined {
    return vm.address ?? (segment.tagged && vm.mac !== undefined ? vm.reserved : undefined);
}

function vlanOf({ vlanParent }: CoreRouter, { name, segment }: Tenant) {
    const { vlan, subnet } = segment;
    const description = describe(name, "segment");
    return { tag: vlan, parent: vlanParent, description, gatewayCidr: `${subnet.gateway}/${prefixOf(subnet.cidr)}` };
}

function dhcpOf(tenant: Tenant): RouterDhcp {
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
            .flatMap((vm) => reservationOf(tenant, vm) ?? [])
            .sort((a, b) => parseAddress(a.address)! - parseAddress(b.address)!),
    };
}

/** A VM of a fixed address has one too, so that it gets the same address should it ask after all. */
function reservationOf(tenant: Tenant, { mac, reserved, name }: WorkloadVm): RouterReservation | undefined {
    return mac === undefined || reserved === undefined
        ? undefined
        : { mac, address: reserved, hostname: name, description: describe(tenant.name, name) };
}

function namesOf(tenant: Tenant): RouterNames {
    const hosts = tenant.vms.flatMap((vm): RouterHost[] => {
        const address = knownAddress(tenant, vm);
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
