import { DefinitionError, type Fault } from "../../definitions/faults";
import { listSubstrates } from "../../definitions/read";
import { ExceededError, loadSubstrate, readSites, tenantFault, type Sites } from "../../substrate/load";
import type { Substrate } from "../../substrate/substrate";
import { definitions } from "../cli/environment";
import { Refusal } from "../cli/errors";

/** The model of a substrate, or what is wrong with its definitions. */
export type Loaded =
    | { readonly name: string; readonly substrate: Substrate; readonly faults: readonly []; readonly text?: undefined }
    | {
          readonly name: string;
          readonly substrate?: undefined;
          readonly faults: readonly Fault[];
          readonly text: string;
      };

/** Loads the named substrates, or every one where none is named. */
export function loadAll(names: readonly string[]): Loaded[] {
    const sites = readSites(definitions());
    return (names.length === 0 ? listSubstrates(definitions()) : names).map((name) => load(name, sites));
}

/** The model of a substrate. @throws Refusal with all that is wrong with its definitions. */
export function loadOne(name: string): Substrate {
    const loaded = load(name, readSites(definitions()));
    if (loaded.substrate === undefined) {
        throw new Refusal(loaded.text);
    }
    return loaded.substrate;
}

/**
 * The model of a substrate, also where its tenants are promised more than there is; `exceeded` says what.
 *
 * @throws Refusal with all else that is wrong with its definitions.
 */
export function loadEvenExceeded(name: string): { readonly substrate: Substrate; readonly exceeded?: string } {
    try {
        return { substrate: loadSubstrate({ root: definitions(), substrate: name }) };
    } catch (error) {
        if (error instanceof ExceededError) {
            return { substrate: error.substrate, exceeded: error.message };
        }
        throw error;
    }
}

function load(name: string, sites: Sites): Loaded {
    try {
        return { name, substrate: loadSubstrate({ root: definitions(), substrate: name, sites }), faults: [] };
    } catch (error) {
        if (error instanceof DefinitionError) {
            return { name, faults: error.faults, text: error.message };
        }
        throw error;
    }
}

/** Makes faults at the destinations that a substrate's tenants allow. */
export function allowanceFault(substrate: string): (tenant: string, index: number, message: string) => Fault {
    return (tenant, index, message) =>
        tenantFault({ root: definitions(), substrate }, tenant, ["allow", index, "to"], message);
}
