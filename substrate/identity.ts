/**
 * Identity of a tenant and a VM: names and places, computed from site, VLAN and instance alone: deterministic,
 * independent of order, and the same after a rebuild. The rules are those of the site's addressing and naming standards.
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

/** VLAN that a VMID belongs to. */
export function vlanOf(vmid: number): number {
    return Math.floor(vmid / vmidOf(1, 0));
}

/** DNS zone of a tenant: {tenant}.{substrate}.{domain}. */
export function zoneOf(tenant: string, substrate: string, domain: string): string {
    return `${tenant}.${substrate}.${domain}`;
}

/** VLANs of a site's own segments that reach into every tenant, by the site's zone matrix. */
export const MANAGEMENT_VLAN = 99;
export const TRUSTED_VLAN = 10;

/** VLANs of a site that tenants may have: ten, by the site's addressing standard. */
export const TENANT_VLANS = { first: 50, last: 59 } as const;

/** Those of them that are not taken. */
export function freeTenantVlans(taken: readonly number[]): number[] {
    const all = Array.from({ length: TENANT_VLANS.last - TENANT_VLANS.first + 1 }, (_, i) => TENANT_VLANS.first + i);
    return all.filter((vlan) => !taken.includes(vlan));
}

/** Instances 1 to 40 have a fixed address, .10 to .49: .2 to .9 are the fabric's, .50 and up have other uses. */
export const FIXED_INSTANCES = 40;

/** Fixed address of a VM: .9 + instance of its subnet. */
export function fixedAddressOf(site: number, vlan: number, instance: number): string {
    return `10.${site}.${vlan}.${9 + instance}`;
}

/** Address of the place that an instance has in its tenant's subnet, whatever gives it to the VM; undefined above those. */
export function slotOf(site: number, vlan: number, instance: number): string | undefined {
    return instance > FIXED_INSTANCES ? undefined : fixedAddressOf(site, vlan, instance);
}

/**
 * Deterministic MAC of a VM, lower case: 02:de:{site}:{vlan}:00:{instance}, each written with its decimal digits. It is
 * the site's 02:DD:EE:RR:NN:II, locally administered and unicast, with the tenant's VLAN as the role.
 */
export function macOf(site: number, vlan: number, instance: number): string {
    const digits = (value: number) => String(value).padStart(2, "0");
    return `02:de:${digits(site)}:${digits(vlan)}:00:${digits(instance)}`;
}
