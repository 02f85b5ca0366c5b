import type { SimulatedRouter } from "../../lab/simulatedRouter";
import { collectionRulesOf } from "../../router/export/collectionRules";
import { routerRecordsOf } from "../../router/records";
import type { RouterRule } from "../../firewall/rules";
import type { RouterRecords } from "../../router/recordTypes";
import type { Substrate, Tenant } from "../../substrate/substrate";
import { interfaceOf } from "../router/managed";

/**
 * Writes a substrate's tenants to a router as the site's own collection does with the variables that `tenants router-vars`
 * writes, in its words and with its limits: names stand in the site's zone, the router collects the options itself, and
 * there is no block between the rules. What it has nothing for, a person set: the search domain and match-client-id.
 */
export async function writeAsCollection(router: SimulatedRouter, substrate: Substrate): Promise<void> {
    await router.byHand("firewall/alias/addItem", {
        alias: {
            name: "rfc1918",
            type: "network",
            content: "10.0.0.0/8\n172.16.0.0/12\n192.168.0.0/16",
            description: "ansible: RFC 1918",
        },
    });
    for (const tenant of substrate.tenants) {
        const records = routerRecordsOf(substrate, tenant);
        await writeScope(router, records);
        await writeNames(router, substrate, tenant, records);
        await writeRules(router, substrate, tenant);
    }
}

async function writeScope(router: SimulatedRouter, { dhcp, vlan }: RouterRecords): Promise<void> {
    const { uuid } = await router.byHand("kea/dhcpv4/add_subnet", {
        subnet4: {
            subnet: dhcp.subnet,
            pools: `${dhcp.poolStart} - ${dhcp.poolEnd}`,
            description: `tenant_1 (VLAN ${vlan.tag})`,
            "match-client-id": "0",
            option_data_autocollect: "1",
            option_data: { domain_name: "dvntm.deevnet.net", domain_search: dhcp.searchDomain },
        },
    });
    const { saved } = await router.state();
    const served = saved["kea_general"]!["general"]!["interfaces"]!;
    const interfaces = `${served},${interfaceOf(vlan.tag)}`;
    await router.byHand("kea/dhcpv4/set", { dhcpv4: { general: { interfaces } } });
    for (const { mac, address, hostname } of dhcp.reservations) {
        await router.byHand("kea/dhcpv4/add_reservation", {
            reservation: {
                subnet: uuid,
                hw_address: mac.toUpperCase(),
                ip_address: address,
                hostname,
                description: `Ansible managed - ${hostname} (ens18)`,
            },
        });
    }
}

async function writeNames(
    router: SimulatedRouter,
    { zone }: Substrate,
    { name }: Tenant,
    { names }: RouterRecords,
): Promise<void> {
    for (const { hostname, address, aliases } of names.hosts) {
        const description = `Ansible managed - ${hostname}.${name}`;
        const { uuid } = await router.byHand("unbound/settings/addHostOverride", {
            host: { hostname: `${hostname}.${name}`, domain: zone, server: address, description },
        });
        for (const label of aliases) {
            await router.byHand("unbound/settings/addHostAlias", {
                alias: { host: uuid, hostname: `${label}.${name}`, domain: zone, description },
            });
        }
    }
}

async function writeRules(router: SimulatedRouter, substrate: Substrate, tenant: Tenant): Promise<void> {
    const { rules } = collectionRulesOf(substrate.plan, tenant);
    const on = interfaceOf(tenant.segment.vlan);
    // The collection blocks nothing, and lets to the internet by all that is not in an alias.
    const passes = rules.filter(({ action }) => action === "pass");
    const to = ({ destination }: RouterRule) => (destination === "gateway" ? `${on}ip` : destination);
    for (const [index, rule] of passes.entries()) {
        const internet = rule === passes.at(-1);
        await router.byHand("firewall/filter/addRule", {
            rule: {
                interface: on,
                sequence: String(tenant.segment.vlan * 100 + index),
                action: rule.action,
                protocol: rule.protocol,
                source_net: "any",
                destination_net: internet ? "rfc1918" : to(rule),
                destination_not: internet ? "1" : "0",
                destination_port: rule.ports ?? "",
                description: `ansible: ${tenant.name} ${index}`,
            },
        });
    }
}
