import { identifiedBy, isSlot } from "../../state/identities";
import { readState } from "../../state/reading/read";
import type { Substrate } from "../../substrate/substrate";
import { stateByDefault } from "../cli/environment";
import { Refusal } from "../cli/errors";
import { note } from "../cli/terminal";

/** Whether a substrate's stack may know more of its VMs' MACs and addresses than the files say. */
function asksState({ status, tenants }: Substrate): boolean {
    return status !== "planned" && tenants.some((tenant) => tenant.vms.some((vm) => !isSlot(tenant, vm)));
}

/**
 * A substrate with the MACs and reserved addresses that the state of its stack has.
 *
 * @throws Refusal where there is no state that can be read.
 */
export function recordedSubstrate(substrate: Substrate): Substrate {
    return asksState(substrate) ? identifiedBy(substrate, readState(substrate.name)) : substrate;
}

/** The same, of a stack that was never brought up, too: where its state cannot be read, it is said which VMs nothing is known of. */
export function recordedIfAny(substrate: Substrate): Substrate {
    if (!asksState(substrate)) {
        return substrate;
    }
    stateByDefault();
    try {
        return recordedSubstrate(substrate);
    } catch (error) {
        if (error instanceof Refusal) {
            note(`MACs are not known, since the state of ${substrate.name} could not be read: ${error.message}`);
            return substrate;
        }
        throw error;
    }
}
