import * as pulumi from "@pulumi/pulumi";
import { asRunError } from "./components/refusal";
import { Refusal } from "./definitions/refusal";
import { JOURNAL_FILE } from "./state/journal/entries";
import { loadSubstrate } from "./substrate/load";
import { NODES_ALONE, nodesAlone, WITH_ROUTER } from "./substrate/nodesAlone";
import { ROTATION, rotating } from "./substrate/rotation";
import { requireReady } from "./substrate/ready";
import { segmentsOf } from "./substrate/outputs";
import type { Substrate } from "./substrate/substrate";

/** Declares one substrate: the stack's name says which. The marks are for `make bench PHASES=1`. */
export = async () => {
    performance.mark("program");
    const alone = process.env[NODES_ALONE];
    const comparesOnly = alone !== undefined;
    const substrate = comparesOnly ? nodesAlone(checkedSubstrate(), alone === WITH_ROUTER) : checkedSubstrate();
    if (comparesOnly && !pulumi.runtime.isDryRun()) {
        throw asRunError(new Refusal(`${NODES_ALONE} is for previews: what is not declared would be taken away.`));
    }
    performance.mark("checked");
    // Loaded only now: a fault in a definition is told before the modules that it does not need cost their second.
    const { survey } = await import("./components/survey");
    const surveying = survey(substrate, __dirname, comparesOnly);
    const journal = process.env[JOURNAL_FILE];
    if (journal !== undefined && !pulumi.runtime.isDryRun()) {
        const { keepJournal } = await import("./components/journal");
        keepJournal(journal);
    }
    const [surveyed, { declare }] = await Promise.all([surveying, import("./components/substrate")]);
    performance.mark("surveyed");
    const declared = await declare(surveyed.substrate, surveyed, __dirname);
    performance.mark("declared");
    return { ...declared, segments: segmentsOf(surveyed.substrate), ...(surveyed.made && { made: surveyed.made }) };
};

/** A person's mistake ends the run with its message alone: no stack trace, and nothing declared. */
function checkedSubstrate(): Substrate {
    try {
        // Pulumi runs the program in the folder of Pulumi.yaml, which may be a link to this one.
        const definitions = { root: process.cwd(), substrate: pulumi.getStack(), config: pulumi.runtime.allConfig() };
        const substrate = rotating(loadSubstrate(definitions), process.env[ROTATION]);
        return pulumi.runtime.isDryRun() ? substrate : requireReady(substrate);
    } catch (error) {
        throw asRunError(error);
    }
}
