import type { DriftSource } from "../model/drift";
import type { Substrate } from "../model/substrate";
import { RouterClient } from "../router/client";
import { credentials } from "../router/credentials";
import { routerDrift } from "../router/drift";
import { lookAt } from "../router/look";
import { pulumi } from "./pulumi";

/** Every place of a substrate that drift is looked for in; each only reads. */
export function sources(substrate: Substrate): DriftSource[] {
    return [...routerSource(substrate)];
}

/** Why a place is not looked at, in words; undefined for one that is. */
export function notLookedAt({ coreRouter }: Substrate): string | undefined {
    return coreRouter.mode === "export" && coreRouter.endpoint === undefined
        ? "router: not looked at, since coreRouter.endpoint is not set"
        : undefined;
}

/** The core router, in either mode; on a flat network it has nothing of the tenants. */
function routerSource(substrate: Substrate): DriftSource[] {
    const { mode, endpoint } = substrate.coreRouter;
    if (mode === "none" || endpoint === undefined) {
        return [];
    }
    const rows = async () => {
        const client = new RouterClient(endpoint, credentials(configOf(substrate.name)));
        return routerDrift(substrate, await lookAt(client));
    };
    return [{ name: "router", rows }];
}

/** Reads the stack's configuration, secrets too, where the environment has no key of the router. */
function configOf(stack: string): (key: string) => string | undefined {
    return (key) => {
        const all = JSON.parse(pulumi("config", "--json", "--show-secrets", "--stack", stack)) as Record<
            string,
            { value?: string }
        >;
        return all[key]?.value;
    };
}
