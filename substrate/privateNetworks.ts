import { networkOf } from "./network";

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
