import { createHash } from "node:crypto";
import { byTenant, stackOutputsIn, type Deployment, type StateResource } from "../../state/deployment";
import { NO_TENANT, type Digests, type Reading } from "../../state/reading/reading";
import { digestNameOf } from "./subjects";

/** The stack's own resource: its outputs are looked at by the tenants that they tell of. */
const STACK = "pulumi:pulumi:Stack";

/**
 * Digests of what each tenant has in the state and on the nodes, and of what is no tenant's.
 *
 * @param digests of the nodes' answers.
 */
export function partsOf(deployment: Deployment, digests: Digests): Reading["parts"] {
    const { resources = [] } = deployment;
    const tenants = byTenant(resources);
    const owned = new Set([...tenants.values()].flat());
    const others = resources.filter((one) => !owned.has(one) && one.type !== STACK);
    const read = new Set([...owned].map(digestNameOf));
    const unowned = [...digests].filter(([name]) => !read.has(name));
    const vms = (stackOutputsIn(deployment)["vms"] ?? []) as readonly { readonly tenant?: string }[];
    const parts = [...tenants].map(([tenant, own]) => {
        const outputs = vms.filter((vm) => vm.tenant === tenant);
        return [tenant, digestOfText([own, outputs, digestsOf(own, digests)])] as const;
    });
    return Object.fromEntries([[NO_TENANT, digestOfText([others, unowned])], ...parts]);
}

function digestsOf(resources: readonly StateResource[], digests: Digests): unknown[] {
    const names = new Set(resources.map(digestNameOf));
    return [...names].map((name) => [name, digests.get(name ?? "")]);
}

/** Of values whose keys have one order: Go writes them sorted. */
function digestOfText(value: unknown): string {
    return createHash("sha256").update(JSON.stringify(value)).digest("hex");
}
