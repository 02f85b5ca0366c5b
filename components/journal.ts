import * as pulumi from "@pulumi/pulumi";
import { ON_NODES, ROUTER } from "../state/deployment";
import { JournalWriter } from "../state/journal/client";

/**
 * Begins the types of what lies on a node or the core router. All else is made again by the next run, in place, where the state does not
 * know it.
 */
const KEPT = [...ON_NODES, ROUTER];

/**
 * Has every resource on a node or the core router that this run makes written into a journal, before and after it is made, so that
 * the CLI need not save the whole state at each step.
 *
 * A resource with a secret is left out, as that must stand nowhere in plain text: it is made again, or taken back by its marks.
 */
export function keepJournal(file: string): void {
    const journal = new JournalWriter(file);
    const hooks = {
        beforeCreate: [
            new pulumi.ResourceHook("journal-begun", async ({ urn, newInputs: inputs = {} }) => {
                if (!hasSecret(inputs)) {
                    await journal.add({ urn, inputs });
                }
            }),
        ],
        afterCreate: [
            new pulumi.ResourceHook("journal-made", async ({ urn, id, newInputs: inputs = {}, newOutputs = {} }) => {
                if (!hasSecret(inputs) && !hasSecret(newOutputs)) {
                    const at = new Date().toISOString();
                    await journal.add({ urn, inputs, made: { id, outputs: newOutputs, at } });
                }
            }),
        ],
    };
    pulumi.runtime.registerStackTransformation(({ type, props, opts }) =>
        KEPT.some((begins) => type.startsWith(begins))
            ? { props, opts: { ...opts, hooks: { ...opts.hooks, ...hooks } } }
            : undefined,
    );
}

/** Whether a secret stands anywhere in a value that the engine handed to a hook, which has secrets as outputs. */
export function hasSecret(value: unknown): boolean {
    if (pulumi.Output.isInstance(value)) {
        return true;
    }
    return typeof value === "object" && value !== null && Object.values(value).some(hasSecret);
}
