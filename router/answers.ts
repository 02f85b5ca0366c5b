import type { Answer } from "../https/client";
import { DeniedError, RouterError } from "./errors";
import { privilegeFor } from "./privileges";
import { OLDEST } from "./version";

/** Advice where the router itself failed. */
const SEE_LOG = "see System > Log Files > Backend on the router, then run it again";

/** A question to the router. */
export interface Asked {
    readonly method: string;
    /** Path below /api. */
    readonly path: string;
    /** Description of the record that is written or deleted. */
    readonly record?: string | undefined;
    /** Whether it changes nothing though it is a POST, as a search. */
    readonly reads?: boolean | undefined;
}

/** A request in the words of an error: what was asked, and for which record. */
export function named({ method, path, record }: Asked): string {
    return `${method} ${path}${record === undefined ? "" : ` for ${JSON.stringify(record)}`}`;
}

/**
 * The JSON of an answer.
 *
 * @throws RouterError with what the router says of an error status, and with what a person can do.
 */
export function json(asked: Asked, { status, text }: Answer): unknown {
    if (status === 200) {
        try {
            return JSON.parse(text);
        } catch {
            throw new RouterError(
                `${named(asked)}: the answer is no JSON: ${JSON.stringify(text.slice(0, 80))}: does the endpoint lead to ` +
                    "OPNsense itself?",
            );
        }
    }
    const message = `${named(asked)}: ${status} ${saidIn(text)}${advice(status, asked.path)}`;
    throw status === 403 || status === 404 ? new DeniedError(message, status) : new RouterError(message);
}

/** The error for an answer that is none of those that OPNsense gives where all is well. */
export function unexpected(asked: Asked, answer: unknown): RouterError {
    return new RouterError(`${named(asked)}: the router answered ${JSON.stringify(answer) ?? "nothing"}: ${SEE_LOG}.`);
}

function saidIn(text: string): string {
    try {
        const { errorTitle, errorMessage, message } = JSON.parse(text) as Record<string, string | undefined>;
        return [errorTitle, errorMessage ?? message].filter(Boolean).join(" ").replace(/\s+/g, " ").trim();
    } catch {
        return text.slice(0, 80).replace(/\s+/g, " ").trim();
    }
}

function advice(status: number, path: string): string {
    switch (status) {
        case 401:
            return (
                ": key or secret is wrong; set OPNSENSE_API_KEY and OPNSENSE_API_SECRET, or the secret config values " +
                "routerApiKey and routerApiSecret"
            );
        case 403:
            return (
                `: the key's user lacks the privilege ${JSON.stringify(privilegeFor(path) ?? "for it")}: select it under ` +
                "System > Access > Users on the router (docs/core-router.md)"
            );
        case 404:
            return `: the router does not have it; OPNsense ${OLDEST} or newer is needed`;
        default:
            return `: ${SEE_LOG}`;
    }
}
