/** What a lab's stack encrypts its secrets with. */
export interface Keys {
    /** Variables of every run. */
    readonly environment: Readonly<Record<string, string>>;
    /** Words of `pulumi stack init`. */
    readonly words: readonly string[];
}

/** The key at that Vault, as a stack file's secretsprovider names it. */
export const LAB_KEY = "hashivault://lab";

/** A passphrase, or the Vault that LAB_VAULT names, which the tests start (tests/vault/start.js). */
export function labKeys(): Keys {
    const { LAB_VAULT: url, LAB_VAULT_TOKEN: token } = process.env;
    return url && token
        ? {
              environment: { VAULT_SERVER_URL: url, VAULT_SERVER_TOKEN: token },
              words: ["--secrets-provider", LAB_KEY],
          }
        : { environment: { PULUMI_CONFIG_PASSPHRASE: "simulated" }, words: [] };
}
