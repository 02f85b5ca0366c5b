import { segmentsFromTenants, type NetworkPlan } from "../../substrate/plan";
import type { RouterRule, RouterRules } from "../../firewall/rules";
import { allowanceRules } from "../../firewall/routerRules";
import type { Tenant } from "../../substrate/substrate";

/** Networks that the site's collection takes for the inside; everything else is the internet to it. */
export const RFC_1918 = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"];

/**
 * Rules that the site's own collection makes on a tenant's interface of the variables that `tenants router-vars` writes. It knows
 * policies between zones, each zone with the router's address in it, and one rule for all that is not inside, which is put as
 * blocks before a pass here; its DHCP rule is for any destination.
 * So it opens more than the rules in firewall/routerRules.ts: what it opens is no drift in mode export.
 */
export function collectionRulesOf(plan: NetworkPlan, tenant: Tenant): RouterRules {
    const { segment, allow } = tenant;
    const pass = {
        action: "pass",
        family: "inet",
        source: segment.subnet.cidr,
        log: false,
        description: "",
    } as const;
    const rules: Omit<RouterRule, "sequence">[] = [
        { ...pass, protocol: "TCP/UDP", destination: "gateway", ports: "53" },
        { ...pass, protocol: "UDP", destination: "any", ports: "67" },
        { ...pass, protocol: "UDP", destination: "gateway", ports: "123" },
        ...segmentsFromTenants(plan).map(({ cidr }) => ({ ...pass, protocol: "any" as const, destination: cidr })),
        ...allow.flatMap((allowance) => {
            return allowanceRules(tenant.name, allowance).map((rule) => ({ ...pass, ...rule }));
        }),
        ...RFC_1918.map((destination) => ({ ...pass, action: "block", protocol: "any", destination }) as const),
        { ...pass, protocol: "any", destination: "any" },
    ];
    return { vlan: segment.vlan, rules: rules.map((rule, sequence) => ({ sequence, ...rule })) };
}
