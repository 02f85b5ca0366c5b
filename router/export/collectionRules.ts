import { segmentsFromTenants, type NetworkPlan } from "../../substrate/plan";
import type { RouterRule, RouterRules } from "../../firewall/rules";
import { allowanceRules, routerRulesOf } from "../../firewall/routerRules";
import type { Tenant } from "../../substrate/substrate";

/** Networks that the site's collection takes for the inside; everything else is the internet to it. */
const RFC_1918 = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"];

/**
 * Rules that the site's own collection makes on a tenant's interface of the variables that `tenants router-vars` writes. It knows
 * policies between zones, each zone with the router's address in it, and no block; its DHCP rule is for any destination.
 * So it opens more than the rules in firewall/routerRules.ts: what it opens is no drift in mode export.
 */
export function collectionRulesOf(plan: NetworkPlan, tenant: Tenant): RouterRules {
    const { vlan, privateNetworks } = routerRulesOf(plan, tenant);
    const inside = { ...privateNetworks, networks: RFC_1918 };
    const pass = {
        action: "pass",
        source: tenant.segment.subnet.cidr,
        destinationNot: false,
        log: false,
        description: "",
    } as const;
    const rules: Omit<RouterRule, "sequence">[] = [
        { ...pass, protocol: "TCP/UDP", destination: "gateway", ports: "53" },
        { ...pass, protocol: "UDP", destination: "any", ports: "67" },
        { ...pass, protocol: "UDP", destination: "gateway", ports: "123" },
        ...segmentsFromTenants(plan).map(({ cidr }) => ({ ...pass, protocol: "any" as const, destination: cidr })),
        ...tenant.allow.flatMap((allowance) => {
            return allowanceRules(tenant.name, allowance).map((rule) => ({ ...pass, ...rule }));
        }),
        { ...pass, protocol: "any", destination: inside.name, destinationNot: true },
    ];
    return { vlan, privateNetworks: inside, rules: rules.map((rule, sequence) => ({ sequence, ...rule })) };
}
