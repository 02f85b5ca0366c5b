/** Properties as Pulumi hands them to a dynamic provider: a resource's inputs, or its inputs and what it keeps beside them. */
export type Properties = Readonly<Record<string, unknown>>;

/** Pulumi's own property of a dynamic resource, with its provider's code. It goes where the others go. */
export const PROVIDER = "__provider";

/**
 * Code of a dynamic resource's provider, as the state carries it: it loads the provider from the folder in which Pulumi runs, so that any
 * checkout can read and destroy what another made, and all kinds share one process. pulumi.dynamic.Resource would make
 * the same text by serialising a closure, which costs a second of every run. Another text would be a change of every resource.
 *
 * @param operations the module from the project's folder, and its operations: `./router/provider.ts` and `kinds.vlan`.
 */
export function handlerOf(module: string, operations: string): string {
    return `exports.handler = () => {
    const { createRequire } = require("module");
    const load = createRequire(process.cwd() + "/package.json");
    load("./start/typescript");
    return load("${module}").${operations};
};`;
}
