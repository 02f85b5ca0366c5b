import { DefinitionError } from "../definitions/faults";
import { requireReady } from "../substrate/ready";
import type { Substrate } from "../substrate/substrate";
import { defineCommand, SUBSTRATE } from "./cli/definition";
import { EXIT } from "./cli/exit";
import { answer, complain } from "./cli/terminal";
import { loadAll, type Loaded } from "./shared/substrates";

export const command = defineCommand({
    name: "validate",
    group: "daily",
    summary: "check every definition of every substrate, or of one, offline",
    details:
        "Checks stack files and tenants' files, without a network and without Pulumi. Every fault is told, by file and " +
        "line, with what is allowed.",
    arguments: [{ ...SUBSTRATE, optional: true }],
    options: { up: { says: "what an up needs and is missing is a fault, too" } },
    output: "validate",
    needs: [],
    example: "tenants validate dvntm",
    exits: { 0: "no faults", 1: "faults, one line each" },
    run({ args: { substrate }, options: { up }, json }) {
        const told = loadAll(substrate === undefined ? [] : [substrate]).map((one) => (up ? withMissing(one) : one));
        answer(
            told.map(({ name, faults }) => ({ substrate: name, faults })),
            () => told.flatMap((one) => (one.substrate === undefined ? [] : lineOf(one.substrate))).join("\n"),
        );
        // JSON has the faults.
        told.forEach(({ text }) => text !== undefined && !json && complain(text));
        return told.some(({ faults }) => faults.length > 0) ? EXIT.failed : EXIT.done;
    },
});

function lineOf({ name, status, tenants }: Substrate): string {
    const vms = tenants.reduce((sum, tenant) => sum + tenant.vms.length, 0);
    return `${name}: ${status}, ${tenants.length} tenants, ${vms} VMs, no faults`;
}

/** Faults for all that an up still lacks. */
function withMissing(loaded: Loaded): Loaded {
    if (loaded.substrate === undefined) {
        return loaded;
    }
    try {
        requireReady(loaded.substrate);
        return loaded;
    } catch (error) {
        if (error instanceof DefinitionError) {
            return { name: loaded.name, faults: error.faults, text: error.message };
        }
        throw error;
    }
}
