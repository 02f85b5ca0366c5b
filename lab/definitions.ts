import { cpSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { listSubstrates } from "../definitions/read";
import { Refusal, shown } from "../definitions/refusal";
import { stackSource, stackText, withoutSecrets } from "../definitions/stackFile";
import { loadSubstrate } from "../substrate/load";
import type { Substrate } from "../substrate/substrate";
import type { SimulatedNode } from "./simulatedNode";
import type { SimulatedRouter } from "./simulatedRouter";

/**
 * Folder of the lab's own substrates, laid out as the project is: Pulumi.<substrate>.yaml and tenants/<substrate>. What a
 * person writes into the project's changes no demo and no test.
 */
export const LAB_DEFINITIONS = resolve(__dirname, "definitions");

/** The lab's own substrate that is on simulated machines. */
export const LAB_SUBSTRATE = "dvntm";

/**
 * The substrate of a folder's definitions that simulated machines stand for: the first one that is active.
 *
 * @throws DefinitionError where they have faults, and Refusal where none is active.
 */
export function simulatedSubstrate(definitions: string): Substrate {
    const all = listSubstrates(definitions).map((substrate) => loadSubstrate({ root: definitions, substrate }));
    const active = all.find(({ status }) => status === "active");
    if (active === undefined) {
        throw new Refusal(`${shown(definitions)} has no substrate whose stack file says status: active`);
    }
    return active;
}

/** Keys of a stack file that change in a lab; every other key of a substrate stays as it is. */
interface StackFile {
    readonly hypervisors?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
    readonly coreRouter?: Readonly<Record<string, unknown>>;
}

/**
 * Text of a stack file for a lab: the substrate as it is defined, on simulated machines.
 *
 * All of the person's own stack is left out: values that are encrypted and what encrypts them, environments of
 * Pulumi ESC, keys of other programs. So are baselines: they would have the lab log in to a real host.
 *
 * @param definitions folder of the stack file.
 * @param node stands for each of the hypervisors; none for a substrate without a host.
 * @param router stands for the core router, which the stack then writes to; on a flat network nobody does.
 * @throws DefinitionError where the stack file cannot be read.
 */
export function labStackFile(
    definitions: string,
    substrate: string,
    node?: SimulatedNode,
    router?: SimulatedRouter,
): string {
    const own = withoutSecrets(stackSource({ root: definitions, substrate }).value) as StackFile;
    const hypervisors = Object.entries(own.hypervisors ?? {}).map(([name, { baseline: _, ...hypervisor }]) => {
        return [name, { ...hypervisor, ...(node && { endpoint: node.ready.endpoint }) }] as const;
    });
    const simulated = {
        ...own,
        hypervisors: Object.fromEntries(hypervisors),
        ...(router &&
            own.coreRouter?.["mode"] !== "none" && {
                coreRouter: { ...own.coreRouter, mode: "api", endpoint: router.ready.endpoint },
            }),
    };
    return stackText(simulated);
}

/** Copies the tenants' files of a substrate, and nothing else that lies beside them, into a copy of the project. */
export function copyTenants(definitions: string, substrate: string, root: string): void {
    const folder = join("tenants", substrate);
    cpSync(join(definitions, folder), join(root, folder), {
        recursive: true,
        filter: (file) => statSync(file).isDirectory() || /\.ya?ml$/.test(file),
    });
}
