import { secretsIn } from "../definitions/printed";
import { leavesOf } from "./inputs";

/** Names of inputs that hold secrets. */
const SECRET_NAME = /(password|passphrase|secret|token|private_?key|api_?key|credential)s?$/i;

/** A private key says so itself, whatever the input is called. */
const PRIVATE_KEY = /-----BEGIN [A-Z ]*PRIVATE KEY-----/;

/** A shorter secret would be found in texts that have nothing to do with it. */
const LEAST_LENGTH = 16;

/**
 * Inputs that hold a secret in plain text. A message never shows the secret.
 *
 * @param plain the inputs without those that are marked as secret.
 */
export function plainSecrets(plain: unknown): string[] {
    return leavesOf(plain)
        .filter(({ key, value }) => typeof value === "string" && value !== "" && isSecret(key, value))
        .map(
            ({ path }) =>
                `${path} holds a secret in plain text: wrap it in pulumi.secret(), and keep it in encrypted config`,
        );
}

function isSecret(key: string, value: string): boolean {
    return SECRET_NAME.test(key) || PRIVATE_KEY.test(value);
}

/**
 * Inputs that hold a secret of the run itself, marked as secret or not: a token in the state outlives its rotation.
 *
 * @param all the inputs, those that are marked as secret too.
 */
export function secretsOfTheRun(all: unknown, environment: Readonly<Record<string, string | undefined>>): string[] {
    const secrets = secretsIn(environment, LEAST_LENGTH);
    return leavesOf(all).flatMap(({ path, value }) =>
        secrets
            .filter(({ secret }) => String(value).includes(secret))
            .map(
                ({ name }) =>
                    `${path} holds what ${name} says: the environment alone does, so that none of it is in the state`,
            ),
    );
}
