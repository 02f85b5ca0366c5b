import { faultAtKey } from "../definitions/places";
import type { Fault } from "../definitions/faults";
import { freeVlans, slotOf } from "../substrate/plan";
import type { Guest } from "../node/inventory";
import type { RouterClaim } from "../router/claims";
import type { RecordedTenants } from "../state/holdings";
import { ownerOf } from "../substrate/guestOwnership";
import type { Substrate, Tenant } from "../substrate/substrate";

/** The things that tenants have before a run. */
export interface Present {
    readonly recorded: RecordedTenants;
    /** Guests of every node. */
    readonly guests: readonly Guest[];
    readonly router: readonly RouterClaim[];
}

/**
 * Checks that nobody else still holds what the tenants' files claim: Pulumi makes a new tenant before it deletes an old one,
 * so a VLAN that passes from one file to another in one edit would have two tenants on it, and the router two scopes.
 *
 * @returns a fault for each claim, at the line that claims, with what to do first.
 */
export function checkClaims(substrate: Substrate, present: Present): Fault[] {
    return substrate.tenants.flatMap((tenant) => [
        ...checkState(substrate, tenant, present.recorded),
        ...checkOwnVlan(substrate, tenant, present.recorded),
        ...checkGuests(substrate, tenant, present),
        ...checkRouter(tenant, present),
    ]);
}

/** Another tenant that the state has on the VLAN. */
function checkState(substrate: Substrate, tenant: Tenant, recorded: RecordedTenants): Fault[] {
    const { vlan } = tenant.segment;
    return [...recorded]
        .filter(([name, { vlans }]) => name !== tenant.name && vlans.includes(vlan))
        .filter(([name]) => !(tenant.formerly === name && substrate.coreRouter.mode !== "api"))
        .map(([name, { vms }]) => {
            const what = vms.length === 0 ? "the stack still has it" : `the stack still has its ${vmsInWords(vms)}`;
            const renamed =
                substrate.coreRouter.mode === "api"
                    ? ""
                    : `. Where ${tenant.name} is ${name} by another name, formerly: ${name} keeps its VMs`;
            const message =
                `${vlan} is the VLAN of tenant ${name} until that one is torn down: ${what}. First ` +
                `${teardown(substrate, name)}, or give ${tenant.name} another VLAN ${free(substrate, recorded)}${renamed}`;
            return faultAtKey(tenant.definedAt, "vlan", message);
        });
}

/** A tenant that would move to another VLAN with other VMs; that of a VM that stays is told at the VM. */
function checkOwnVlan(substrate: Substrate, tenant: Tenant, recorded: RecordedTenants): Fault[] {
    const { vlans = [], vms = [] } = recorded.get(tenant.name) ?? {};
    const { vlan } = tenant.segment;
    const told = tenant.vms.some(({ name }) => vms.some(({ component }) => component === `${tenant.name}-${name}`));
    if (vlans.length === 0 || vlans.includes(vlan) || told) {
        return [];
    }
    const message =
        `${tenant.name} is on VLAN ${vlans.join(", ")} until it is torn down` +
        `${vms.length === 0 ? "" : `, with its ${vmsInWords(vms)}`}. First ${teardown(substrate, tenant.name)}, or keep the VLAN`;
    return [faultAtKey(tenant.definedAt, "vlan", message)];
}

/** Guests on the node that the state does not know: of another tenant on the VLAN, or in the pool of the tenant's name. */
function checkGuests(substrate: Substrate, tenant: Tenant, { recorded, guests }: Present): Fault[] {
    const known = new Set([...recorded.values()].flatMap(({ vms }) => vms.map(({ vmid }) => vmid)));
    const declared = new Set(tenant.vms.map(({ vmid }) => vmid));
    const unknown = guests.filter(({ vmid }) => !known.has(vmid) && !declared.has(vmid));
    const { vlan } = tenant.segment;
    const former = (guest: Guest) => ownerOf(guest, substrate)?.tenant ?? tenant.name;
    const others = unknown.filter(
        (guest) =>
            slotOf(substrate.plan, guest.vmid)?.vlan === vlan &&
            ![tenant.name, tenant.formerly].includes(former(guest)),
    );
    const pooled = recorded.has(tenant.name) ? [] : unknown.filter(({ pool }) => pool === tenant.name);
    const faults: Fault[] = [];
    if (others.length > 0) {
        const names = [...new Set(others.map(former))].join(", ");
        const message =
            `${vlan} is the VLAN of ${names}, which the stack's state does not have and the node does, with ${vmsInWords(others)}. ` +
            `Declare ${names} again and \`tenants recover ${substrate.name}\` (docs/recover.md), then tear it down; ` +
            `or give ${tenant.name} another VLAN ${free(substrate, recorded)}`;
        faults.push(faultAtKey(tenant.definedAt, "vlan", message));
    }
    if (pooled.length > 0) {
        const message =
            `the pool ${tenant.name} is on the node, with ${vmsInWords(pooled)} that no file declares and the stack does ` +
            "not know. Take them out of the pool, or give the tenant another name";
        faults.push(faultAtKey(tenant.definedAt, "name", message));
    }
    return faults;
}

function checkRouter(tenant: Tenant, { recorded, router }: Present): Fault[] {
    if (recorded.has(tenant.name)) {
        return [];
    }
    return router
        .filter(({ vlan }) => vlan === tenant.segment.vlan)
        .map(({ vlan, record }) => {
            const message =
                `${vlan} is taken on the core router by ${record}, which is not this tenant's: delete it there if nobody ` +
                "needs it, or give the tenant another VLAN";
            return faultAtKey(tenant.definedAt, "vlan", message);
        });
}

function vmsInWords(vms: readonly { readonly vmid: number }[]): string {
    return `${vms.length === 1 ? "VM" : "VMs"} ${vms.map(({ vmid }) => vmid).join(", ")}`;
}

function teardown({ name }: Substrate, tenant: string): string {
    return `\`tenants teardown ${name} ${tenant}\``;
}

/** VLANs that nobody has, in words. */
function free({ plan, tenants }: Substrate, recorded: RecordedTenants): string {
    const taken = [
        ...tenants.map(({ segment }) => segment.vlan),
        ...[...recorded.values()].flatMap(({ vlans }) => vlans),
    ];
    const vlans = freeVlans(plan, taken);
    return vlans.length === 0 ? "(none is free)" : `(free: ${vlans.join(", ")})`;
}
