import { resolve } from "node:path";
import { DefinitionError, type Fault } from "../model/faults";
import { listSubstrates, loadSubstrate, readSites, tenantFault, type Sites } from "../model/load";
import type { Substrate } from "../model/substrate";
import { suggestion } from "../model/suggest";

const ROOT = resolve(__dirname, "..");

/** The model of a substrate, or what is wrong with its definitions. */
export type Loaded =
    | { readonly name: string; readonly substrate: Substrate; readonly faults: readonly [] }
    | {
          readonly name: string;
          readonly substrate?: undefined;
          readonly faults: readonly Fault[];
          readonly text: string;
      };

/** Loads the named substrates, or every one where none is named. A name that is no substrate's is a fault too. */
export function loadAll(names: readonly string[]): Loaded[] {
    const known = listSubstrates(ROOT);
    const sites = readSites(ROOT);
    return (names.length === 0 ? known : names).map((name) => load(name, known, sites));
}

function load(name: string, known: readonly string[], sites: Sites): Loaded {
    if (!known.includes(name)) {
        const message = `${name} is no substrate here${suggestion(name, known)}; allowed: ${known.join(", ")}`;
        return { name, faults: [{ file: "", path: "", message }], text: message };
    }
    try {
        return { name, substrate: loadSubstrate({ root: ROOT, substrate: name, sites }), faults: [] };
    } catch (error) {
        if (error instanceof DefinitionError) {
            return { name, faults: error.faults, text: error.message };
        }
        throw error;
    }
}

/** Makes faults at the destinations that a substrate's tenants allow. */
export function allowanceFault(substrate: string): (tenant: string, index: number, message: string) => Fault {
    return (tenant, index, message) => tenantFault({ root: ROOT, substrate }, tenant, ["allow", index, "to"], message);
}
