import { keepSecret } from "../definitions/printed";
import type { Credentials } from "./client";
import { RouterError } from "./errors";

/** Reads one configuration value of the stack by its full name; undefined where it is not set. */
export type Configured = (key: string) => string | undefined;

/**
 * The API key of the router: from the environment, else from the stack's secret configuration. Pulumi hands a dynamic
 * provider all of the configuration and keeps a copy of it with the provider in the state, secrets encrypted, which is what
 * a destroy uses; a key in the environment is in no state, and a changed one counts at once.
 *
 * @throws RouterError that names both places where neither has it.
 */
export function credentials(configured: Configured): Credentials {
    const key = process.env["OPNSENSE_API_KEY"] || configured("tenant-hypervisors:routerApiKey");
    const secret = process.env["OPNSENSE_API_SECRET"] || configured("tenant-hypervisors:routerApiSecret");
    if (!key || !secret) {
        const missing = [...(key ? [] : ["OPNSENSE_API_KEY"]), ...(secret ? [] : ["OPNSENSE_API_SECRET"])];
        throw new RouterError(
            `${missing.join(" and ")} ${missing.length === 1 ? "is" : "are"} not set: set the key that System > Access > Users ` +
                "on the router made, in the environment or with " +
                "`pulumi config set --secret tenant-hypervisors:routerApiKey` and `...:routerApiSecret`. Where the configuration " +
                "has it only now, let the first up have it in the environment, too: what is there is refreshed with the last up's.",
        );
    }
    keepSecret(secret);
    return { key, secret };
}

/** A value of the configuration; Pulumi's own reader fails where it was handed nothing at all. */
export function valueOf(config: { get(key: string): string | undefined }, key: string): string | undefined {
    try {
        return config.get(key);
    } catch {
        return undefined;
    }
}
