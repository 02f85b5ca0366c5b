import { request, type RequestOptions } from "node:https";
import type { SecureContext } from "node:tls";
import { trusted } from "../tls/authorities";
import { json, named, unexpected, type Answer, type Asked } from "./answers";
import { RefusedError, RouterError } from "./errors";

/** How long the router may take for one answer, in seconds: a reconfigure of Kea or Unbound takes some. */
const TIMEOUT_SECONDS = 60;

/** Most that an answer may hold, in bytes; a router with thousands of rules stays well below. */
const ANSWER_MAX = 32 * 1024 * 1024;

/** An API key of OPNsense, made under System > Access > Users. */
export interface Credentials {
    readonly key: string;
    readonly secret: string;
}

/** One record as a search lists it; nested fields have dotted names. */
export type Row = Readonly<Record<string, unknown>> & { readonly uuid: string };

/**
 * Talks to the OPNsense API over verified TLS. Every failure is a RouterError that says in one line what was asked, what
 * went wrong and what to do; none holds the secret.
 */
export class RouterClient {
    private readonly base: URL;

    /** @throws RouterError where the endpoint is no https address. */
    constructor(
        /** Address of the router, such as https://core-rt02.dvntm.deevnet.net. */
        readonly endpoint: string,
        private readonly credentials: Credentials,
        private readonly timeoutSeconds: number = timeoutInSeconds(),
    ) {
        this.base = parsed(endpoint);
    }

    /** Reads an endpoint that answers with an object or a list, whatever type the router says it is. */
    async get(path: string): Promise<unknown> {
        return json({ method: "GET", path }, await this.ask({ method: "GET", path }));
    }

    /**
     * Every record of a kind.
     *
     * @throws RouterError for an answer that is not all of them: an empty one never counts as "nothing there".
     */
    async search(path: string): Promise<Row[]> {
        const asked = { method: "POST", path };
        const answer = json(asked, await this.ask(asked, { current: 1, rowCount: -1, searchPhrase: "" }));
        const { rows, total } = (answer ?? {}) as { rows?: unknown; total?: unknown };
        if (!Array.isArray(rows) || typeof total !== "number") {
            throw new RouterError(
                `POST ${path}: the answer has no rows and total; taken for incomplete, so nothing was changed; run it again.`,
            );
        }
        if (rows.length < total) {
            throw new RouterError(
                `POST ${path}: ${rows.length} of ${total} records came back; taken for incomplete, so nothing was changed; run it again.`,
            );
        }
        return rows as Row[];
    }

    /**
     * Adds a record and gives back its uuid.
     *
     * @throws RefusedError where the router answers 200 with `result: failed`.
     */
    async add(path: string, body: Readonly<Record<string, unknown>>): Promise<string> {
        const { uuid } = await this.write(path, body);
        if (typeof uuid !== "string" || uuid === "") {
            throw new RouterError(`POST ${path}: the router gave no uuid for the new record.`);
        }
        return uuid;
    }

    /**
     * Changes the given fields of a record, or settings.
     *
     * @throws RefusedError where the router answers 200 with `result: failed`.
     */
    async set(path: string, body: Readonly<Record<string, unknown>>): Promise<void> {
        await this.write(path, body);
    }

    /**
     * Deletes a record; one that is not there any more is deleted already.
     *
     * @param record its description.
     */
    async delete(path: string, record: string): Promise<void> {
        const asked = { method: "POST", path, record };
        const { result } = await this.post(asked, {});
        if (result !== "deleted" && result !== "not found") {
            throw unexpected(asked, result);
        }
    }

    /** Makes the saved configuration of a service the active one. */
    async reconfigure(path: string): Promise<void> {
        const asked = { method: "POST", path };
        const { status } = await this.post(asked, {});
        if (typeof status !== "string" || status.trim().toLowerCase() !== "ok") {
            throw unexpected(asked, status);
        }
    }

    private async write(path: string, body: Readonly<Record<string, unknown>>): Promise<Record<string, unknown>> {
        const asked = { method: "POST", path, record: recordIn(body) };
        const answer = await this.post(asked, body);
        if (answer["result"] !== "saved") {
            throw unexpected(asked, answer["result"]);
        }
        return answer;
    }

    private async post(asked: Asked, body: Readonly<Record<string, unknown>>): Promise<Record<string, unknown>> {
        const answer = json(asked, await this.ask(asked, body));
        if (typeof answer !== "object" || answer === null || Array.isArray(answer)) {
            throw unexpected(asked, answer);
        }
        const { result, validations } = answer as { result?: unknown; validations?: Record<string, unknown> };
        if (result === "failed") {
            throw new RefusedError(named(asked), validations ?? {});
        }
        return answer as Record<string, unknown>;
    }

    private async ask(asked: Asked, body?: unknown): Promise<Answer> {
        const text = body === undefined ? "" : JSON.stringify(body);
        try {
            return await answerTo(new URL(`/api/${asked.path}`, this.base), this.options(asked.method, text), text);
        } catch (error) {
            throw error instanceof RouterError ? error : this.explain(named(asked), error as Error);
        }
    }

    private options(method: string, text: string): RequestOptions & { readonly secureContext: SecureContext } {
        return {
            method,
            auth: `${this.credentials.key}:${this.credentials.secret}`,
            rejectUnauthorized: true,
            secureContext: trusted(RouterError),
            headers: {
                Accept: "application/json",
                ...(text !== "" && { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(text) }),
            },
            // A connection of its own for each request: an idle one that the router closes would break the next write.
            agent: false,
            signal: AbortSignal.timeout(this.timeoutSeconds * 1000),
        };
    }

    private explain(asked: string, error: Error): RouterError {
        const { code } = error as NodeJS.ErrnoException;
        const place = `${this.base.hostname} port ${this.base.port || "443"}`;
        if (error.name === "TimeoutError" || error.name === "AbortError") {
            return new RouterError(
                `${asked}: no answer from ${place} within ${this.timeoutSeconds} s; is the router up? Where it is but slow, ` +
                    "set OPNSENSE_API_TIMEOUT to more seconds. Then run it again.",
            );
        }
        if (code !== undefined && CERTIFICATE.test(code)) {
            return new RouterError(
                `${asked}: the certificate of ${place} was refused (${error.message}): let SSL_CERT_FILE name the ` +
                    "certificate of the authority that signed it, and the endpoint a name that stands in it.",
            );
        }
        if (code === "ECONNREFUSED" || code === "ENOTFOUND" || code === "EHOSTUNREACH" || code === "EAI_AGAIN") {
            return new RouterError(
                `${asked}: ${place} cannot be reached (${code}): check coreRouter's endpoint, and the network.`,
            );
        }
        return new RouterError(`${asked}: the connection to ${place} broke (${error.message}); run it again.`);
    }
}

/** Sends a request and collects its answer. */
function answerTo(url: URL, options: RequestOptions, body: string): Promise<Answer> {
    return new Promise((resolve, reject) => {
        const call = request(url, options, (response) => {
            const chunks: Buffer[] = [];
            let size = 0;
            response.on("data", (chunk: Buffer) => {
                chunks.push(chunk);
                size += chunk.length;
                if (size > ANSWER_MAX) {
                    call.destroy(new Error(`the answer is larger than ${ANSWER_MAX} bytes`));
                }
            });
            response.on("error", reject);
            response.on("end", () =>
                resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString("utf8") }),
            );
        });
        call.on("error", reject);
        call.end(body);
    });
}

/** The description of the record in a write, where it is one. */
function recordIn(body: Readonly<Record<string, unknown>>): string | undefined {
    const [record] = Object.values(body) as { description?: string; descr?: string }[];
    return record?.description ?? record?.descr;
}

/** Codes of Node.js for a certificate that it does not accept. */
const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_|ERR_TLS_|EPROTO|ERR_SSL/;

/**
 * The time for one answer that OPNSENSE_API_TIMEOUT sets, in seconds.
 *
 * @throws RouterError where it is no positive number.
 */
function timeoutInSeconds(): number {
    const set = process.env["OPNSENSE_API_TIMEOUT"];
    const seconds = set === undefined || set === "" ? TIMEOUT_SECONDS : Number(set);
    if (!(seconds > 0)) {
        throw new RouterError(`OPNSENSE_API_TIMEOUT: ${set} is no number of seconds, such as ${TIMEOUT_SECONDS}`);
    }
    return seconds;
}

function parsed(endpoint: string): URL {
    const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
    if (url?.protocol !== "https:") {
        throw new RouterError(`${endpoint} is no address of a router, such as https://core-rt02.dvntm.deevnet.net`);
    }
    return url;
}
