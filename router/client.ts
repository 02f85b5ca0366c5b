import { HttpsClient, NoAnswerError, type Answer } from "../https/client";
import { json, named, unexpected, type Asked } from "./answers";
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
    private https: HttpsClient | undefined;
    private beforeWrite: (() => Promise<void>) | undefined;

    /** @throws RouterError where the endpoint is no https address. */
    constructor(
        /** Address of the router, such as https://core-rt02.dvntm.deevnet.net. */
        readonly endpoint: string,
        private readonly credentials: Credentials,
        private readonly timeoutSeconds: number = timeoutInSeconds(),
    ) {
        this.base = parsed(endpoint);
    }

    /** The same client, which does something before each write of a record or of settings. */
    announcing(beforeWrite: () => Promise<void>): RouterClient {
        const client = new RouterClient(this.endpoint, this.credentials, this.timeoutSeconds);
        client.beforeWrite = beforeWrite;
        return client;
    }

    /** The same client, which asks each thing once, for what reads the same for many. */
    remembering(): RouterClient {
        const client = new RouterClient(this.endpoint, this.credentials, this.timeoutSeconds);
        const answers = new Map<string, Promise<never>>();
        const once =
            <A extends unknown[]>(read: (...asked: A) => Promise<unknown>) =>
            (...asked: A) => {
                const known = answers.get(JSON.stringify(asked)) ?? (read.apply(client, asked) as Promise<never>);
                answers.set(JSON.stringify(asked), known);
                return known;
            };
        // A search has its own paths, so that the two never mean one another's answer.
        client.get = once(client.get.bind(client));
        client.search = once(client.search.bind(client));
        return client;
    }

    /** Reads an endpoint that answers with an object or a list, whatever type the router says it is. */
    async get(path: string): Promise<unknown> {
        return json({ method: "GET", path }, await this.ask({ method: "GET", path }));
    }

    /**
     * Every record of a kind.
     *
     * @param searchPhrase words that a record must have; missing: any record.
     * @param key name by which the records are told apart, where it is another.
     * @throws RouterError for an answer that is not all of them: an empty one never counts as "nothing there".
     */
    async search(path: string, searchPhrase = "", key = "uuid"): Promise<Row[]> {
        const asked = { method: "POST", path, reads: true };
        const answer = json(asked, await this.ask(asked, { current: 1, rowCount: -1, searchPhrase }));
        const { rows, total } = (answer ?? {}) as { rows?: unknown; total?: unknown };
        if (!Array.isArray(rows) || typeof total !== "number") {
            throw new RouterError(
                `POST ${path}: the answer has no rows and total; taken for incomplete, so nothing was changed; run it again.`,
            );
        }
        if (!rows.every((row) => isRow(row, key))) {
            throw new RouterError(
                `POST ${path}: the answer has a record without ${key}; taken for incomplete, so nothing was changed; run it again.`,
            );
        }
        if (rows.length < total) {
            throw new RouterError(
                `POST ${path}: ${rows.length} of ${total} records came back; taken for incomplete, so nothing was changed; run it again.`,
            );
        }
        return rows;
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
        await this.beforeWrite?.();
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

    /** Has the router do something that is no write of its configuration. */
    async act(path: string): Promise<void> {
        await this.post({ method: "POST", path }, {});
    }

    private async write(path: string, body: Readonly<Record<string, unknown>>): Promise<Record<string, unknown>> {
        const asked = { method: "POST", path, record: recordIn(body) };
        await this.beforeWrite?.();
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

    /**
     * An answer as it came, whatever its status.
     *
     * @throws RouterError when none comes.
     */
    async ask(asked: Asked, body?: unknown): Promise<Answer> {
        const { key, secret } = this.credentials;
        const headers = {
            Accept: "application/json",
            Authorization: `Basic ${Buffer.from(`${key}:${secret}`).toString("base64")}`,
            ...(body !== undefined && { "Content-Type": "application/json" }),
        };
        this.https ??= new HttpsClient({ seconds: this.timeoutSeconds, bytes: ANSWER_MAX });
        const url = new URL(`/api/${asked.path}`, this.base);
        const text = body === undefined ? "" : JSON.stringify(body);
        const { method, reads } = asked;
        return this.https.ask({ method, url, headers, body: text, reads }).catch((error: unknown) => {
            throw error instanceof NoAnswerError ? this.explain(named(asked), error) : error;
        });
    }

    private explain(asked: string, { why, message }: NoAnswerError): RouterError {
        const place = `${this.base.hostname} port ${this.base.port || "443"}`;
        switch (why) {
            case "late":
                return new RouterError(
                    `${asked}: no answer from ${place} within ${this.timeoutSeconds} s; is the router up? Where it is but slow, ` +
                        "set OPNSENSE_API_TIMEOUT to more seconds. Then run it again.",
                );
            case "certificate":
                return new RouterError(
                    `${asked}: the certificate of ${place} was refused (${message}): let SSL_CERT_FILE name the ` +
                        "certificate of the authority that signed it, and the endpoint a name that stands in it.",
                );
            case "name":
                return new RouterError(
                    `${asked}: the certificate of ${place} was refused, since it is for other names (${message}): write as coreRouter's ` +
                        "endpoint a name that stands in it, or give the router a certificate for this one.",
                );
            case "unreachable":
                return new RouterError(
                    `${asked}: ${place} cannot be reached (${message}): check coreRouter's endpoint, and the network.`,
                );
            case "redirected":
                return new RouterError(
                    `${asked}: ${place} is no API of OPNsense (${message}): let coreRouter's endpoint lead to the router itself.`,
                );
            case "broken":
                return new RouterError(`${asked}: the connection to ${place} broke (${message}); run it again.`);
        }
    }
}

function isRow(row: unknown, key: string): row is Row {
    return typeof row === "object" && row !== null && typeof (row as Record<string, unknown>)[key] === "string";
}

/** The description of the record in a write, where it is one. */
function recordIn(body: Readonly<Record<string, unknown>>): string | undefined {
    const [record] = Object.values(body) as { description?: string; descr?: string }[];
    return record?.description ?? record?.descr;
}

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
