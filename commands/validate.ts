import { DefinitionError, type Fault } from "../definitions/faults";
import { Refusal } from "../definitions/refusal";
import { stackFileOf } from "../definitions/stackFile";
import { requireReady } from "../substrate/ready";
import type { Substrate } from "../substrate/substrate";
import { defineCommand, SUBSTRATE } from "./cli/definition";
import { definitions } from "./cli/environment";
import { EXIT } from "./cli/exit";
import { answer, complain, note } from "./cli/terminal";
import { loadAll, type Loaded } from "./shared/substrates";

export const command = defineCommand({
    name: "validate",
    group: "daily",
    summary: "check every definition of every substrate, or of one, offline",
    details:
        "Checks stack files and tenants' files, without a network and without Pulumi. It reports every fault by file and " +
        "line, with what is allowed.",
    arguments: [{ ...SUBSTRATE, optional: true }],
    options: { up: { says: "what an up needs and is missing is a fault, too" } },
    output: "validate",
    needs: [],
    example: "tenants validate dvntm",
    exits: { 0: "no faults", 1: "faults, one line each" },
    async run({ args: { substrate }, options: { up }, json }) {
        const loaded = loadAll(substrate === undefined ? [] : [substrate]).map((one) => (up ? withMissing(one) : one));
        const told = await Promise.all(loaded.map(withCollections));
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

/** Faults of the baselines' collections, as far as they are at hand without a network. */
async function withCollections(loaded: Loaded): Promise<Loaded> {
    const { substrate, name } = loaded;
    const baselines = (substrate?.hypervisors ?? []).filter(({ baseline }) => (baseline?.collections ?? []).length > 0);
    if (baselines.length === 0) {
        return loaded;
    }
    const { offlineFaults } = await import("../host/collections/client");
    const faults = await Promise.all(
        baselines.map(async (hypervisor) => {
            const path = `hypervisors.${hypervisor.name}.baseline`;
            const file = stackFileOf(name);
            try {
                const messages = await offlineFaults(definitions(), hypervisor.baseline!);
                if (messages === undefined) {
                    note(
                        `${file} ${path}.collections: not looked at, since a repository or a collection of Galaxy was never fetched`,
                    );
                }
                return (messages ?? []).map((message): Fault => ({ file, path, message }));
            } catch (error) {
                if (error instanceof Refusal) {
                    return [{ file, path, message: error.message }];
                }
                throw error;
            }
        }),
    );
    const all = faults.flat();
    return all.length === 0 ? loaded : { name, faults: all, text: new DefinitionError(all).message };
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
