import type { Substrate } from "../../substrate/substrate";
import { RouterClient, type Credentials } from "../../router/client";
import { credentials } from "../../router/credentials";
import { configurationOf } from "../../state/client";

/**
 * A client of the substrate's core router; undefined on a flat network and where its endpoint is not set.
 *
 * @throws RouterError where there is no API key.
 */
export function routerClient({ name, coreRouter }: Substrate): RouterClient | undefined {
    const { mode, endpoint } = coreRouter;
    return mode === "none" || endpoint === undefined ? undefined : new RouterClient(endpoint, routerKey(name));
}

/**
 * The API key of a substrate's core router. The stack's configuration is read, once, where the environment has none.
 *
 * @throws RouterError where there is none.
 */
export function routerKey(substrate: string): Credentials {
    let values: ReturnType<typeof configurationOf> | undefined;
    return credentials((key) => (values ??= configurationOf(substrate))[key]?.value);
}
