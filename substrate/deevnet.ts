/**
 * The rest of the default plan, beside the defaults of its schema: entries of the deevnet sites in the variables of their
 * deevnet.net collection. They count for a stack file that has no network block.
 */

/** Zones that the sites have set aside for tenants, by the VLAN that each has. */
export const SET_ASIDE: Readonly<Record<string, number>> = { tenant_1: 50, tenant_2: 51, tenant_3: 52 };

/** Zones that no router forwards: the native VLAN of trunks. */
export const UNROUTED_ZONES: Readonly<Record<string, number>> = { blackhole: 999 };

/** Policies between zones that one of the sites has alone: trusted leads to management at the portable lab, a convenience there. */
export const POLICIES: Readonly<Record<string, readonly (readonly [from: string, to: string])[]>> = {
    dvntm: [["trusted", "management"]],
};
