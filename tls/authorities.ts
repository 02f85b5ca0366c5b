import { readFileSync } from "node:fs";
import { createSecureContext, rootCertificates, type SecureContext } from "node:tls";

/** What was read, by the value of SSL_CERT_FILE: reading all authorities takes longer than a request. */
const read = new Map<string, SecureContext>();

/**
 * What certificates are checked against, as the `secureContext` of a TLS connection: the authorities that Node.js brings and
 * those of SSL_CERT_FILE, which the CLI and the provider read themselves, and Node.js does not.
 *
 * @param Failure the caller's kind of error.
 * @throws Failure where the file cannot be read, with its name and what to do.
 */
export function trusted(Failure: new (message: string) => Error): SecureContext {
    const file = process.env["SSL_CERT_FILE"] ?? "";
    const known = read.get(file) ?? createSecureContext({ ca: file === "" ? undefined : authorities(file, Failure) });
    read.set(file, known);
    return known;
}

function authorities(file: string, Failure: new (message: string) => Error): string[] {
    try {
        return [...rootCertificates, readFileSync(file, "utf8")];
    } catch (error) {
        throw new Failure(
            `SSL_CERT_FILE: ${file} cannot be read (${(error as NodeJS.ErrnoException).code}): let it name a file with the ` +
                "certificates of the authorities, in PEM form, or unset it where the system knows them.",
        );
    }
}
