import type { RouterVariables, ZonePolicy, ZoneVariables } from "../../definitions/definitions";
import { POLICIES, SET_ASIDE, UNROUTED_ZONES } from "../../substrate/deevnet";
import {
    segmentsFromTenants,
    segmentsIntoTenants,
    subnetOf,
    type NetworkPlan,
    type SiteSegment,
} from "../../substrate/plan";

/** The site's own variables for a site that nobody gave a file for: its segments and what they reach. */
export function siteVars(substrate: string, plan: NetworkPlan): RouterVariables {
    const setAside = plan.standard ? Object.entries(SET_ASIDE) : [];
    const tenants = setAside.map(([zone]) => zone);
    const extra = ((plan.standard && POLICIES[substrate]) || []).map(([from, to]) => pass(from, to));
    const unrouted = plan.standard ? Object.entries(UNROUTED_ZONES) : [];
    const into = segmentsIntoTenants(plan);
    const segments = [...into, ...plan.segments.filter((segment) => !into.includes(segment))];
    const named = new Set(segments.map(({ name }) => name));
    return {
        deevnet_vlans: {
            ...Object.fromEntries(plan.segments.flatMap((segment) => segmentZone(substrate, segment))),
            ...Object.fromEntries(setAside.map(([zone, vlan]) => [zone, routedZone(vlan, subnetOf(plan, vlan)!)])),
            ...Object.fromEntries(unrouted.map(([zone, vlan]) => [zone, { vlan_id: vlan }])),
        },
        firewall_zone_policies: [
            ...extra,
            ...segments.flatMap(({ name, reaches }) =>
                reaches.filter((to) => named.has(to)).map((to) => pass(name, to)),
            ),
            ...tenants.flatMap((zone) => [
                ...into.map(({ name }) => pass(name, zone)),
                ...segmentsFromTenants(plan).map(({ name }) => pass(zone, name)),
            ]),
        ],
        firewall_internet_zones: [
            ...segments.filter(({ reaches }) => reaches.includes("internet")).map(({ name }) => name),
            ...tenants,
        ],
    };
}

/** A zone of one of the site's own segments; one without a VLAN is none, since the collection knows zones by theirs. */
function segmentZone(substrate: string, segment: SiteSegment): [string, ZoneVariables][] {
    const { name, vlan, pool, ssid } = segment;
    if (vlan === undefined) {
        return [];
    }
    const zone = {
        ...routedZone(vlan, segment),
        ...(pool && { dhcp_range_start: pool[0], dhcp_range_end: pool[1] }),
        dhcp_enabled: pool !== undefined,
        ...(ssid !== undefined && { wifi_ssid: substrate.toUpperCase() + ssid }),
    };
    return [[name, zone]];
}

function routedZone(vlan: number, { cidr, gateway }: Pick<SiteSegment, "cidr" | "gateway">): ZoneVariables {
    return { vlan_id: vlan, subnet: cidr, gateway };
}

function pass(from: string, to: string): ZonePolicy {
    return { from_zone: from, to_zone: to, action: "pass" };
}
