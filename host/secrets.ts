import { keepSecret } from "../definitions/printed";
import { HostError } from "./error";
import type { Login } from "./ssh";

/** Secrets of a stack that its baselines need, from its encrypted configuration. */
export interface Secrets extends Login {
    /** Variables beside those of the stack file. */
    readonly variables: Readonly<Record<string, unknown>>;
}

/** Keys of the configuration that a baseline's secrets stand under. */
export const PRIVATE_KEY = "baseline:privateKey";
export const SECRET_VARIABLES = "baseline:variables";

/**
 * The secrets among a stack's configuration.
 *
 * @param config decrypted values by full key.
 * @throws HostError where baseline:variables is not a JSON object.
 */
export function secretsOf(config: Readonly<Record<string, string | undefined>>): Secrets {
    const { [PRIVATE_KEY]: privateKey, [SECRET_VARIABLES]: text = "{}" } = config;
    let variables: unknown;
    try {
        variables = JSON.parse(text);
    } catch {
        variables = undefined;
    }
    if (typeof variables !== "object" || variables === null || Array.isArray(variables)) {
        throw new HostError(`${SECRET_VARIABLES} is not a JSON object, such as {"name": "value"}`);
    }
    keepSecret(variables);
    keepSecret(privateKey);
    // A key that was pasted or piped may have lost its last newline, without which OpenSSH's form is not read.
    const key = privateKey === undefined || privateKey === "" ? {} : { privateKey: `${privateKey.trim()}\n` };
    return { ...key, variables: variables as Record<string, unknown> };
}
