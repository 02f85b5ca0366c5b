/** The key at the tests' Vault (tests/vault/start.js), as a stack file's secretsprovider names it. */
export const LAB_KEY = "hashivault://lab";

/** Variables of runs whose secrets a passphrase encrypts. */
export const PASSPHRASE = { PULUMI_CONFIG_PASSPHRASE: "simulated" };

/**
 * Encryption of the secrets of a lab's stack: by the Vault that LAB_VAULT names, where the tests started one, else by a passphrase.
 *
 * @returns variables of every run, and words of `pulumi stack init`.
 */
export function labKeys(): {
    readonly environment: Readonly<Record<string, string>>;
    readonly words: readonly string[];
} {
    const { LAB_VAULT: url, LAB_VAULT_TOKEN: token } = process.env;
    return url && token
        ? {
              environment: { VAULT_SERVER_URL: url, VAULT_SERVER_TOKEN: token },
              words: ["--secrets-provider", LAB_KEY],
          }
        : { environment: PASSPHRASE, words: [] };
}
