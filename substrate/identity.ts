/**
 * Identity of a tenant and a VM: names and MACs, computed from site, VLAN and instance alone: deterministic, independent of
 * order, and the same after a rebuild. Addresses and VMIDs are the network plan's (plan.ts).
 */

/** DNS zone of a tenant: {tenant}.{substrate}.{domain}. */
export function zoneOf(tenant: string, substrate: string, domain: string): string {
    return `${tenant}.${substrate}.${domain}`;
}

/** Name of a VM for a person, such as grooveiq/api-vm01. */
export function nameOfVm({ tenant, name }: { readonly tenant: string; readonly name: string }): string {
    return `${tenant}/${name}`;
}

/**
 * Deterministic MAC of a VM, lower case: 02:de:{site}:{vlan}:00:{instance}, each written with its decimal digits. It is
 * the deevnet sites' 02:DD:EE:RR:NN:II, locally administered and unicast, with the tenant's VLAN as the role. The hundreds of a
 * VLAN stand in place of de, those of an instance in place of 00, with the number of a further NIC before them.
 *
 * @param nic number of the NIC: 0 for net0.
 */
export function macOf(site: number, vlan: number, instance: number, nic = 0): string {
    const digits = (value: number) => String(value).padStart(2, "0");
    const hundreds = (value: number) => Math.floor(value / 100);
    const group = vlan < 100 ? "de" : digits(hundreds(vlan));
    const last = [nic * 10 + hundreds(instance), instance % 100].map(digits);
    return ["02", group, digits(site), digits(vlan % 100), ...last].join(":");
}
