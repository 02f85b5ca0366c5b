import { subnetOf } from "./identity";
import { networkOf } from "./network";

/** One of a site's own segments, as the site's VLAN table has it; the IDs are the same at every site. */
export interface SiteSegment {
    readonly vlan: number;
    /** Last octets of the DHCP pool; missing where addresses are static. */
    readonly pool?: readonly [first: number, last: number];
    /** Ending of the SSID behind the substrate's name; missing where there is no wireless network. */
    readonly ssid?: string;
}

const POOL = [100, 200] as const;

/** A site's own routed segments by the key of `deevnet_vlans`. */
export const SITE_SEGMENTS = {
    trusted: { vlan: 10, pool: POOL, ssid: "" },
    storage: { vlan: 20 },
    platform: { vlan: 25 },
    iot: { vlan: 30, pool: POOL, ssid: "-IOT" },
    iot_vendor: { vlan: 31, pool: POOL, ssid: "-IOTV" },
    iot_backend: { vlan: 35 },
    guest: { vlan: 40, pool: [50, 250], ssid: "-GUEST" },
    management: { vlan: 99 },
} as const satisfies Record<string, SiteSegment>;

export type SiteSegmentKey = keyof typeof SITE_SEGMENTS;

export const SITE_SEGMENT_KEYS = Object.keys(SITE_SEGMENTS) as SiteSegmentKey[];

export function isSiteSegment(name: string): name is SiteSegmentKey {
    return Object.hasOwn(SITE_SEGMENTS, name);
}

/** Subnet of one of a site's own segments, in CIDR form. */
export function siteSubnet(site: number, key: SiteSegmentKey): string {
    return subnetOf(site, SITE_SEGMENTS[key].vlan).cidr;
}

/**
 * Networks that are not the internet: every block of IANA's IPv4 special-purpose registry that is not globally reachable, and
 * multicast. Private networks (RFC 1918) and CGNAT are other people's inside; a packet to any of the others is a
 * mistake or an attempt. The site's own first rule had its site's /16 alone, which left the other site open.
 */
export const PRIVATE_NETWORKS: readonly string[] = [
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/4",
    "240.0.0.0/4",
];

/** Networks that no router forwards: this host, loopback, link-local, multicast, reserved and broadcast. */
export const UNROUTED = ["0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "240.0.0.0/4"].map(networkOf);
