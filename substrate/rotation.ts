import { Refusal } from "../definitions/refusal";
import type { Substrate } from "./substrate";

/** Environment variable that has the program rebuild VMs, as `word:5001,5002`; `tenants rotate` sets it for its runs. */
export const ROTATION = "TENANT_HYPERVISORS_ROTATION";

/** The variable's value for one run of a rotation. */
export function rotationOf(word: string, vmids: readonly number[]): string {
    return `${word}:${vmids.join(",")}`;
}

/**
 * A substrate whose VMs of a rotation are rebuilt: each has the rotation's word, which the state then keeps, so that no later run
 * rebuilds it again.
 *
 * @param value of the variable; undefined for a run that is no rotation's.
 * @throws Refusal where it is none that rotationOf made.
 */
export function rotating(substrate: Substrate, value: string | undefined): Substrate {
    if (value === undefined) {
        return substrate;
    }
    const [, word, list] = /^([\w.-]{1,40}):(\d+(?:,\d+)*)$/.exec(value) ?? [];
    if (word === undefined) {
        throw new Refusal(`${ROTATION} is for \`tenants rotate\`: unset it`);
    }
    const vmids = new Set(list!.split(",").map(Number));
    const tenants = substrate.tenants.map((tenant) => ({
        ...tenant,
        vms: tenant.vms.map((vm) => (vmids.has(vm.vmid) ? { ...vm, rotation: word } : vm)),
    }));
    return { ...substrate, tenants };
}
