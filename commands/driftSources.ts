import type { DriftSource } from "../model/drift";
import type { Substrate } from "../model/substrate";
import { routerDrift } from "../router/drift";
import { lookAt } from "../router/look";
import { routerClient } from "./routerClient";

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
    return [{ name: "router", rows: async () => routerDrift(substrate, await lookAt(routerClient(substrate)!)) }];
}
