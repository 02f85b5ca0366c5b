import type { RouterVariables, ZonePolicy, ZoneVariables } from "../../definitions/definitions";
import { subnetOf } from "../../substrate/identity";
import { SITE_SEGMENTS, type SiteSegment } from "../../substrate/siteSegments";

/** Zones that the site has set aside for tenants, by the VLAN that each has. */
const TENANT_ZONES: Readonly<Record<string, number>> = { tenant_1: 50, tenant_2: 51, tenant_3: 52 };

/** Where each zone's connections may lead, by the site's zone matrix; the tenants' zones are in it below. */
const MATRIX: Readonly<Record<string, readonly string[]>> = {
    management: ["trusted", "storage", "platform", "iot", "iot_vendor", "iot_backend", "guest"],
    trusted: ["storage", "platform", "iot", "iot_backend"],
    iot: ["iot_backend"],
    iot_backend: ["platform"],
};

/** trusted leads to management at the portable lab alone, which the site calls a convenience there. */
const TRUSTED_TO_MANAGEMENT = ["dvntm"];

const INTERNET = ["management", "trusted", "platform", "iot", "iot_vendor", "iot_backend", "guest"];

/** The site's own variables for a site that nobody gave a file for: its VLAN table and its zone matrix. */
export function siteVars(substrate: string, site: number): RouterVariables {
    const tenants = Object.keys(TENANT_ZONES);
    const extra = TRUSTED_TO_MANAGEMENT.includes(substrate) ? [pass("trusted", "management")] : [];
    return {
        deevnet_vlans: {
            ...mapValues(SITE_SEGMENTS, (segment: SiteSegment) => segmentZone(substrate, site, segment)),
            ...mapValues(TENANT_ZONES, (vlan) => routedZone(site, vlan)),
            blackhole: { vlan_id: 999 },
        },
        firewall_zone_policies: [
            ...extra,
            ...Object.entries(MATRIX).flatMap(([from, to]) => to.map((zone) => pass(from, zone))),
            ...tenants.flatMap((zone) => [pass("management", zone), pass("trusted", zone), pass(zone, "platform")]),
        ],
        firewall_internet_zones: [...INTERNET, ...tenants],
    };
}

function segmentZone(substrate: string, site: number, { vlan, pool, ssid }: SiteSegment): ZoneVariables {
    const [start, end] = pool?.map((octet) => `10.${site}.${vlan}.${octet}`) ?? [];
    return {
        ...routedZone(site, vlan),
        ...(start !== undefined && end !== undefined && { dhcp_range_start: start, dhcp_range_end: end }),
        dhcp_enabled: pool !== undefined,
        ...(ssid !== undefined && { wifi_ssid: substrate.toUpperCase() + ssid }),
    };
}

function routedZone(site: number, vlan: number): ZoneVariables {
    const { cidr, gateway } = subnetOf(site, vlan);
    return { vlan_id: vlan, subnet: cidr, gateway };
}

function pass(from: string, to: string): ZonePolicy {
    return { from_zone: from, to_zone: to, action: "pass" };
}

function mapValues<T, U>(record: Readonly<Record<string, T>>, change: (value: T) => U): Record<string, U> {
    return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}
