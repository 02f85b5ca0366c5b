import { hostDrift } from "../../host/drift";
import { PRIVATE_KEY, SECRET_VARIABLES, secretsOf, type Secrets } from "../../host/secrets";
import type { Finding } from "../../substrate/findings";
import type { Substrate } from "../../substrate/substrate";
import { nodeDrift } from "../../node/drift";
import { apiToken, withEachNode } from "../../node/connect";
import { driftParts } from "../../node/parts";
import { requirePreflight } from "../../node/preflight";
import { readInventory } from "../../node/read";
import { previewNodes, pulumi } from "../../state/client";
import { routerDrift } from "../../router/drift";
import { readInventory as readRouter } from "../../router/read";
import { ROOT } from "../cli/environment";
import { routerClient } from "./routerClient";

/** A place that drift is looked for in. */
export interface DriftSource {
    /** As a person knows it: `node`, `router`. */
    readonly name: string;
    /** Everything that differs there. @throws Refusal where it cannot be told. */
    findings(): Promise<readonly Finding[]>;
}

/** Every place of a substrate that drift is looked for in; each only reads. What is only planned has no node and no host. */
export function sources(substrate: Substrate): DriftSource[] {
    const machines = substrate.status === "planned" ? [] : [nodeSource(substrate), ...hostSources(substrate)];
    return [...machines, ...routerSource(substrate)];
}

/** Why places are not looked at, one line for each. */
export function notLookedAt({ name, status, hypervisors, coreRouter }: Substrate): string[] {
    const without = hypervisors.filter(({ baseline }) => baseline === undefined);
    return [
        ...(status === "planned"
            ? [`node: not looked at, since ${name} is only planned`]
            : without.map((one) => `host ${one.name}: not looked at, since no baseline is declared`)),
        ...(coreRouter.mode === "export" && coreRouter.endpoint === undefined
            ? ["router: not looked at, since coreRouter.endpoint is not set"]
            : []),
    ];
}

/** The nodes, by a preview that reads them and by what it does not tell of. */
function nodeSource(substrate: Substrate): DriftSource {
    return { name: "node", findings: () => ofNodes(substrate) };
}

async function ofNodes(substrate: Substrate): Promise<readonly Finding[]> {
    // First: a preview refreshes before the program asks, and takes for gone what the token may not see.
    await requirePreflight(substrate);
    const inventories = await withEachNode(substrate, (client, one) =>
        readInventory(client, one, driftParts(substrate, one)),
    );
    const steps = await previewNodes(substrate.name);
    return nodeDrift(substrate, steps, inventories, apiToken().split("=")[0]!);
}

/** Each host that has a baseline, by Ansible's own check. */
function hostSources(substrate: Substrate): DriftSource[] {
    let secrets: Secrets | undefined;
    return substrate.hypervisors
        .filter(({ baseline }) => baseline !== undefined)
        .map((hypervisor) => ({
            name: `host ${hypervisor.name}`,
            findings: () => hostDrift(ROOT, hypervisor, (secrets ??= hostSecrets(substrate.name))),
        }));
}

/** The stack's encrypted configuration. */
function hostSecrets(stack: string): Secrets {
    const told = pulumi("config", "--show-secrets", "--json", "--stack", stack);
    const values = JSON.parse(told) as Record<string, { value?: string }>;
    return secretsOf({
        [PRIVATE_KEY]: values[PRIVATE_KEY]?.value,
        [SECRET_VARIABLES]: values[SECRET_VARIABLES]?.value,
    });
}

/** The core router, in either mode; on a flat network it has nothing of the tenants. */
function routerSource(substrate: Substrate): DriftSource[] {
    const { mode, endpoint } = substrate.coreRouter;
    if (mode === "none" || endpoint === undefined) {
        return [];
    }
    return [
        { name: "router", findings: async () => routerDrift(substrate, await readRouter(routerClient(substrate)!)) },
    ];
}
