import { exportStack } from "../../state/client";
import type { Deployment } from "../../state/deployment";
import { holdingsOf } from "../../state/holdings";
import { madeIn } from "../../state/lifetimes";
import { endingsOf, withoutReaped, type Ending, type Held } from "../../substrate/expiry";
import type { Substrate } from "../../substrate/substrate";
import { stateByDefault } from "../cli/environment";
import { Refusal } from "../cli/errors";
import { note } from "../cli/terminal";

/** Everything of a substrate that ends, and what its state has of it. */
export interface Lifetimes {
    readonly endings: readonly Ending[];
    /** Undefined where there is no state that could be read. */
    readonly held: Held | undefined;
}

/** The lifetimes of a substrate with the state that it has. */
export function lifetimesIn(substrate: Substrate, deployment: Deployment): Lifetimes & { readonly held: Held } {
    return { endings: endingsOf(substrate, madeIn(deployment)), held: heldIn(substrate, deployment) };
}

/** The same of a stack that was perhaps never brought up: where its state cannot be read, an age has no end. */
export function lifetimesIfAny(substrate: Substrate): Lifetimes {
    const unknown = { endings: endingsOf(substrate, new Map()), held: undefined };
    if (substrate.status === "planned" || unknown.endings.length === 0) {
        return unknown;
    }
    stateByDefault();
    try {
        return lifetimesIn(substrate, exportStack(substrate.name).deployment);
    } catch (error) {
        if (error instanceof Refusal) {
            note(
                `what is there is not known, since the state of ${substrate.name} could not be read: ${error.message}`,
            );
            return unknown;
        }
        throw error;
    }
}

/** A substrate as an up declares it: without what is over and not there any more. */
export function withoutReapedIfAny(substrate: Substrate): Substrate {
    const { endings, held } = lifetimesIfAny(substrate);
    return held === undefined ? substrate : withoutReaped(substrate, endings, held, new Date());
}

function heldIn({ plan }: Substrate, deployment: Deployment): Held {
    const tenants = holdingsOf(deployment, plan);
    const vms = new Set([...tenants.values()].flatMap((one) => one.vms.map(({ vmid }) => vmid)));
    return { tenants, vms };
}
