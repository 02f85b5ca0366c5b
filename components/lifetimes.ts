import * as pulumi from "@pulumi/pulumi";
import { Refusal } from "../definitions/refusal";
import { exportStack } from "../state/client";
import { asksCreated, asOutput, madeIn } from "../state/lifetimes";
import { endingsOf, keptMade, withoutReaped, type Held, type Made } from "../substrate/expiry";
import { endingWarnings } from "../substrate/expiryWords";
import type { Substrate } from "../substrate/substrate";

/** A substrate as a run declares it, for all that has an end. */
export interface Lifetimes {
    /** Without what was reaped. */
    readonly substrate: Substrate;
    /** The stack's output `made`; missing where there is nothing to keep. */
    readonly made?: Readonly<Record<string, string>>;
    readonly warnings: readonly string[];
}

/**
 * Looks at what is over. Nothing is asked where no file has `expires`; and the state itself only where a file has an age that it never
 * had, since Pulumi's functions do not tell when a resource was made.
 *
 * @param kept what the stack's outputs keep of when things were made.
 */
export function lifetimesOf(declared: Substrate, kept: Made, held: Held, now = new Date()): Lifetimes {
    const made = asksCreated(declared, kept, held) ? new Map([...createdThen(), ...kept]) : kept;
    const endings = endingsOf(declared, made);
    const substrate = withoutReaped(declared, endings, held, now);
    const output = asOutput(keptMade(declared, substrate, made, held, now));
    return { substrate, ...(output && { made: output }), warnings: endingWarnings(declared, endings, held, now) };
}

/** When everything was made; where the state cannot be read, nothing is known to be over. */
function createdThen(): Made {
    try {
        return madeIn(exportStack(pulumi.getStack()).deployment);
    } catch (error) {
        if (error instanceof Refusal) {
            void pulumi.log.warn(`when tenants and VMs were made is not known: ${error.message}`);
            return new Map();
        }
        throw error;
    }
}
