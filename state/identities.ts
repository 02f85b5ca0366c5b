import { parseAddress } from "../substrate/network";
import type { StackOutputs } from "../substrate/outputs";
import type { FurtherNic } from "../substrate/furtherNics";
import type { Substrate, Tenant, WorkloadVm } from "../substrate/substrate";
import { stackOutputsIn, type Deployment } from "./deployment";
import { asksRebuild, historyOf, recordedOf, reservationKey, type Recorded } from "./recorded";

/** Stands for a MAC that the up draws; a preview knows no more of it. */
export const NOT_DRAWN = "not drawn yet";

/** Everything that tells of VMs beside files and state. */
export interface Told {
    /** Whether a run makes a VM, be it new or anew. */
    readonly isMade: (tenant: Tenant, vm: WorkloadVm) => boolean;
    /** MAC that a VM has on its node; asked for one that the state does not have. */
    readonly found?: (tenant: Tenant, vm: WorkloadVm) => string | undefined;
    /** Further MACs that are taken, lower case. */
    readonly taken?: readonly string[];
    /** Draws a MAC beside those that are taken; without it that of a new VM stays unknown. */
    readonly draw?: (taken: ReadonlySet<string>) => string;
}

/**
 * A substrate with all that its state knows of its VMs' identities: the MAC of each, which is drawn once and kept, and for which of them an
 * address is reserved. A VM that an earlier release made took any address of the pool; it keeps that until it is made anew.
 */
export function withIdentities(substrate: Substrate, recorded: Recorded, told: Told): Substrate {
    const { tenants } = substrate;
    const declared = tenants.flatMap(({ vms }) => vms.flatMap(({ mac }) => mac ?? []));
    const nics = tenants.flatMap(({ vms }) => vms.flatMap((vm) => vm.nics.flatMap(({ mac }) => mac ?? [])));
    const known = [...recorded.macs.values(), ...recorded.nicMacs.values(), ...recorded.reservations.values()];
    const taken = new Set([...declared, ...nics, ...known.flat()]);
    told.taken?.forEach((mac) => taken.add(mac));
    const macOf = (tenant: Tenant, vm: WorkloadVm): string | undefined => {
        const { vmid, name, reserved = "" } = vm;
        const kept = recorded.macs.get(vmid) ?? recorded.reservations.get(reservationKey(tenant.name, name, reserved));
        const mac = vm.mac ?? kept ?? told.found?.(tenant, vm) ?? told.draw?.(taken);
        return mac === undefined ? undefined : (taken.add(mac), mac);
    };
    const nicOf = (vmid: number, nic: FurtherNic, index: number): FurtherNic => {
        const mac = nic.mac ?? (recorded.nicMacs.get(vmid)?.[index] || undefined) ?? told.draw?.(taken);
        return mac === undefined ? nic : (taken.add(mac), { ...nic, mac });
    };
    const identified = (tenant: Tenant, vm: WorkloadVm): WorkloadVm => {
        const { reserved, ...others } = vm;
        const mac = macOf(tenant, vm);
        const keeps = isSlot(tenant, vm) || told.isMade(tenant, vm) || isReserved(vm, recorded);
        return {
            ...others,
            nics: vm.nics.map((nic, index) => nicOf(vm.vmid, nic, index)),
            ...(mac !== undefined && { mac }),
            ...(reserved !== undefined && keeps && { reserved }),
        };
    };
    return {
        ...substrate,
        tenants: tenants.map((tenant) => ({ ...tenant, vms: tenant.vms.map((vm) => identified(tenant, vm)) })),
    };
}

/** The same by a whole state, for who only looks: a MAC that is not drawn yet is unknown. */
export function identifiedBy(substrate: Substrate, deployment: Deployment): Substrate {
    const recorded = recordedIn(deployment);
    return withIdentities(substrate, recorded, { isMade: (_, vm) => asksRebuild(vm, recorded) });
}

/** Everything that a run must know of a whole state, with the outputs of its stack. */
export function recordedIn(deployment: Deployment): Recorded {
    const { vms = [] } = stackOutputsIn(deployment) as Partial<StackOutputs>;
    return recordedOf(deployment.resources ?? [], vms);
}

/** Whether what the files say of a VM's MAC and address is all: it never changes with what the state knows. */
export function isSlot({ segment: { subnet } }: Pick<Tenant, "segment">, { mac, reserved }: WorkloadVm): boolean {
    const [first, last, own] = [subnet.poolStart, subnet.poolEnd, reserved ?? ""].map(parseAddress);
    return mac !== undefined && own !== undefined && (own < first! || own > last!);
}

/** Whether a VM is new, or was made with an address reserved for it. */
export function isReserved(vm: WorkloadVm, recorded: Recorded): boolean {
    const history = historyOf(vm, recorded);
    return history === undefined || history.reserved === true;
}
