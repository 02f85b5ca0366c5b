/**
 * What a tenant and a VM are called and where they stand, computed from site, VLAN and instance alone: deterministic,
 * independent of order, and the same after a rebuild. The rules are those of the lab's addressing and naming standards.
 */

/** A tenant's subnet: addresses as text. */
export interface Subnet {
    readonly cidr: string;
    readonly gateway: string;
    /** First and last address of the DHCP pool. */
    readonly poolStart: string;
    readonly poolEnd: string;
}

/** Subnet of a segment: 10.{site}.{vlan}.0/24, gateway .1, DHCP pool .100 to .200. */
export function subnetOf(site: number, vlan: number): Subnet {
    const prefix = `10.${site}.${vlan}`;
    return {
        cidr: `${prefix}.0/24`,
        gateway: `${prefix}.1`,
        poolStart: `${prefix}.100`,
        poolEnd: `${prefix}.200`,
    };
}

/** VMID of a VM: vlan x 100 + instance, so 5001 to 5999 for the tenants of a site. */
export function vmidOf(vlan: number, instance: number): number {
    return vlan * 100 + instance;
}

/** DNS zone of a tenant: {tenant}.{substrate}.{domain}. */
export function zoneOf(tenant: string, substrate: string, domain: string): string {
    return `${tenant}.${substrate}.${domain}`;
}

/** VLANs of a site's own segments that reach into every tenant, by the lab's zone matrix. */
export const MANAGEMENT_VLAN = 99;
export const TRUSTED_VLAN = 10;
