import { createHash } from "node:crypto";
import {
    byTenant,
    ofNoTenant,
    STACK,
    stackOutputsIn,
    type Deployment,
    type StateResource,
} from "../../state/deployment";
import { NO_TENANT, type Digests, type Reading } from "../../state/reading/reading";
import { digestNameOf } from "./subjects";

/**
 * Digests of what each tenant has in the state and on the nodes, and of what is no tenant's.
 *
 * @param digests of the nodes' answers.
 */
export function partsOf(deployment: Deployment, digests: Digests): Reading["parts"] {
    const tenants = byTenant(deployment.resources ?? []);
    const read = new Set([...tenants.values()].flat().map(digestNameOf));
    const ofTenants = new Map([...tenants].map(([name, own]) => [name, digestsOf(own, digests)]));
    ofTenants.set(
        NO_TENANT,
        [...digests].filter(([name]) => !read.has(name)),
    );
    const parts = Object.entries(statesOf(deployment)).map(
        ([name, state]) => [name, `${state} ${digestOfText(ofTenants.get(name))}`] as const,
    );
    return Object.fromEntries(parts);
}

/** Whether the state has of every tenant what it had at a reading, which can be told without a node. */
export function hasStatesOf(deployment: Deployment, { parts }: Pick<Reading, "parts">): boolean {
    return Object.entries(statesOf(deployment)).every(([name, state]) => parts[name]?.startsWith(`${state} `) === true);
}

/** Digests of what the state has of each tenant, and of what is no tenant's. */
function statesOf(deployment: Deployment): Readonly<Record<string, string>> {
    const { resources = [] } = deployment;
    const tenants = byTenant(resources);
    // Outputs of the stack are looked at by the tenants that they tell of.
    const others = ofNoTenant(resources, tenants).filter(({ type }) => type !== STACK);
    const vms = (stackOutputsIn(deployment)["vms"] ?? []) as readonly { readonly tenant?: string }[];
    const states = [...tenants].map(([tenant, own]) => {
        const outputs = vms.filter((vm) => vm.tenant === tenant);
        return [tenant, digestOfText([own, outputs])] as const;
    });
    return Object.fromEntries([[NO_TENANT, digestOfText(others)], ...states]);
}

function digestsOf(resources: readonly StateResource[], digests: Digests): unknown[] {
    const names = new Set(resources.map(digestNameOf));
    return [...names].map((name) => [name, digests.get(name ?? "")]);
}

/** Of values whose keys have one order: Go writes them sorted. */
function digestOfText(value: unknown): string {
    return createHash("sha256").update(JSON.stringify(value)).digest("hex");
}
