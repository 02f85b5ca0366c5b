import { readFileSync } from "node:fs";
import { rootCertificates } from "node:tls";

/**
 * Authorities that certificates are checked against, as the `ca` of a TLS connection: those that Node.js brings and those of
 * SSL_CERT_FILE, which the CLI and the provider read themselves, and Node.js does not. Undefined, for Node.js' own, where the
 * variable is not set.
 *
 * @param Failure the caller's kind of error.
 * @throws Failure where the file cannot be read, with its name and what to do.
 */
export function authorities(Failure: new (message: string) => Error): string[] | undefined {
    const file = process.env["SSL_CERT_FILE"];
    if (file === undefined || file === "") {
        return undefined;
    }
    try {
        return [...rootCertificates, readFileSync(file, "utf8")];
    } catch (error) {
        throw new Failure(
            `SSL_CERT_FILE: ${file} cannot be read (${(error as NodeJS.ErrnoException).code}): let it name a file with the ` +
                "certificates of the authorities, in PEM form, or unset it where the system knows them.",
        );
    }
}
