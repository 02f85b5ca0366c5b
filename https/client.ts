import { readFileSync } from "node:fs";
import type { ClientRequest } from "node:http";
import { Agent, request } from "node:https";
import { connect, isIP } from "node:net";
import { connect as connectTls, createSecureContext, type SecureContext } from "node:tls";
import { Refusal, shown } from "../definitions/refusal";
import { tellWait } from "./waiting";

/** One request: its path may have a query. */
export interface Asked {
    readonly method: string;
    readonly url: URL;
    readonly headers: Readonly<Record<string, string>>;
    /** Sent as it is; nothing where it is empty. */
    readonly body?: string;
    /** Whether it changes nothing, so that it may be asked twice; missing: as a GET does. */
    readonly reads?: boolean | undefined;
}

/** An answer as it came. */
export interface Answer {
    readonly status: number;
    /** Reason phrase of the status line, which is where PVE says why it refuses. */
    readonly reason: string;
    readonly text: string;
    /** Header Date, the machine's own time when it answered; missing where it sent none. */
    readonly date?: string;
}

/** Bounds of one request. */
export interface Bounds {
    /** How long the whole answer may take, in seconds. */
    readonly seconds: number;
    /** Most that an answer may hold, in bytes. */
    readonly bytes: number;
    /** Connections that are open at once for reads; missing: as many as are asked for. */
    readonly connections?: number;
    /** After how many seconds it is said what is waited for. */
    readonly patience?: number;
}

/** After how many seconds a person is told what a run waits for, where nobody says otherwise. */
const PATIENCE_SECONDS = 10;

/**
 * Why no answer came: the machine was not reached, its certificate is refused or is for other names, it took too long, it sent us
 * elsewhere, or the connection broke.
 */
export type NoAnswer = "unreachable" | "certificate" | "name" | "late" | "redirected" | "broken";

/** A request without an answer; the caller says in its own words what a person can do. */
export class NoAnswerError extends Error {
    constructor(
        readonly why: NoAnswer,
        message: string,
    ) {
        super(message);
    }
}

/** Codes of Node.js (errors.md, tls.md) for a certificate that it does not accept, and for a machine that is not there. */
const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_|ERR_TLS_|EPROTO|ERR_SSL/;
const UNREACHABLE = ["ECONNREFUSED", "ENOTFOUND", "EHOSTUNREACH", "ENETUNREACH", "EAI_AGAIN"];

/** A kept connection was closed by the other side before it answered; whether it got the request is not known. */
class StaleError extends Error {}

/**
 * Asks one machine over verified TLS: the API of a node, or of the core router. Time and size of an answer are bounded, and no
 * redirect is followed: what it leads to would be sent the token.
 *
 * Reads share connections that are kept: each begins with a handshake, for which OPNsense's own certificate has a key of RSA with
 * 4,096 bits (`webgui_create_selfsigned`, src/etc/inc/plugins.inc.d/webgui.inc of opnsense/core). It closes one that was idle for
 * 30 s or has had 15 requests (`server.max-keep-alive-idle`, there). A write has a connection of its own: sent on one that closes at
 * this moment, nobody could tell whether it was carried out.
 */
export class HttpsClient {
    private readonly kept: Agent;
    private readonly own: Agent;
    /** Requests that have no answer yet. */
    private readonly calls = new Set<ClientRequest>();
    private closed = false;

    /** @throws Refusal where SSL_CERT_FILE cannot be read. */
    constructor(private readonly bounds: Bounds) {
        this.kept = agentOf(bounds.connections ?? Infinity);
        this.own = agentOf(0);
    }

    /** The answer, whatever its status. @throws NoAnswerError */
    ask(asked: Asked): Promise<Answer> {
        const { method, url, reads = method === "GET" } = asked;
        const { seconds, patience = PATIENCE_SECONDS } = this.bounds;
        const waits = `waiting for ${url.host}: ${method} ${url.pathname} has had no answer for ${patience} s, and is given up after ${seconds} s`;
        const waiting = setTimeout(() => tellWait(waits), patience * 1000);
        // No AbortSignal.any with it: Node.js 20 collects that as garbage, and the time never ends.
        const signal = AbortSignal.timeout(seconds * 1000);
        return this.send(asked, reads ? this.kept : this.own, signal)
            .catch((error: Error) => {
                if (error instanceof StaleError && !this.closed) {
                    return this.send(asked, this.own, signal);
                }
                throw error;
            })
            .catch((error: Error) => {
                throw error instanceof NoAnswerError ? error : noAnswer(error, seconds);
            })
            .finally(() => clearTimeout(waiting));
    }

    private send({ method, url, headers, body = "" }: Asked, agent: Agent, signal: AbortSignal): Promise<Answer> {
        const { bytes } = this.bounds;
        const length = body === "" ? {} : { "Content-Length": Buffer.byteLength(body) };
        return new Promise<Answer>((resolve, reject) => {
            const call = request(url, { method, headers: { ...headers, ...length }, agent, signal }, (response) => {
                const chunks: Buffer[] = [];
                let size = 0;
                response.on("data", (chunk: Buffer) => {
                    chunks.push(chunk);
                    size += chunk.length;
                    if (size > bytes) {
                        call.destroy(new Error(`the answer is larger than ${bytes / 2 ** 20} MiB`));
                    }
                });
                response.on("error", reject);
                response.on("end", () => {
                    const { statusCode = 0, statusMessage = "", headers: told } = response;
                    if (statusCode >= 300 && statusCode < 400) {
                        reject(redirected(statusCode, told.location));
                    }
                    resolve({
                        status: statusCode,
                        reason: statusMessage,
                        text: Buffer.concat(chunks).toString("utf8"),
                        ...(told.date !== undefined && { date: told.date }),
                    });
                });
            });
            this.calls.add(call);
            call.on("close", () => this.calls.delete(call));
            call.on("error", (error) => reject(isStale(call, error) ? new StaleError(error.message) : error));
            call.end(body);
        });
    }

    /** Gives up what has no answer yet, which else keeps the process alive for as long as it may take. */
    close(): void {
        this.closed = true;
        this.calls.forEach((call) => call.destroy());
    }
}

/** Whether a request without an answer may have met a kept connection that was closing (`request.reusedSocket` of Node.js's http.md). */
function isStale({ reusedSocket }: ClientRequest, { code = "" }: NodeJS.ErrnoException): boolean {
    return reusedSocket && ["ECONNRESET", "EPIPE"].includes(code);
}

function redirected(status: number, location = "nowhere"): NoAnswerError {
    return new NoAnswerError(
        "redirected",
        `it answers ${status} and leads to ${shown(location)}, which is not followed`,
    );
}

function noAnswer(error: Error, seconds: number): NoAnswerError {
    const { code = "" } = error as NodeJS.ErrnoException;
    if (error.name === "TimeoutError" || error.name === "AbortError") {
        return new NoAnswerError("late", `no answer within ${seconds} s`);
    }
    const why = reasonOf(code);
    return new NoAnswerError(why, why === "unreachable" ? code : error.message);
}

function reasonOf(code: string): NoAnswer {
    if (UNREACHABLE.includes(code)) {
        return "unreachable";
    }
    if (code === "ERR_TLS_CERT_ALTNAME_INVALID") {
        return "name";
    }
    return CERTIFICATE.test(code) ? "certificate" : "broken";
}

/**
 * Whether a machine says anything to who opens a connection, be it a refusal: a connection alone says little, since the system
 * accepts it for a program that stands still.
 *
 * @param secure whether a TLS handshake is begun; else the connection is enough.
 */
export function isAlive(host: string, port: number, seconds: number, secure = true): Promise<boolean> {
    return new Promise((resolve) => {
        const tls = { host, port, servername: isIP(host) === 0 ? host : "", secureContext: trusted() };
        const socket = secure ? connectTls(tls) : connect(port, host);
        const end = (alive: boolean) => {
            clearTimeout(timer);
            socket.destroy();
            resolve(alive);
        };
        const timer = setTimeout(() => end(false), seconds * 1000);
        socket.once(secure ? "secureConnect" : "connect", () => end(true));
        // Also one that comes after the end.
        socket.on("error", () => end(secure));
    });
}

/** Agents by the authorities that they trust and the connections that they keep. */
const agents = new Map<string, Agent>();

/**
 * The connections of all clients that trust the same authorities: each resource of a run has a client of its own. An idle one does
 * not keep the process alive.
 *
 * @param connections how many are open at once and kept; 0: none is kept.
 * @throws Refusal where SSL_CERT_FILE cannot be read.
 */
function agentOf(connections: number): Agent {
    const make = () =>
        new Agent({
            ...(connections > 0 && { keepAlive: true, maxSockets: connections }),
            secureContext: trusted(),
            // Said outright: else NODE_TLS_REJECT_UNAUTHORIZED=0 would have any machine get the token.
            rejectUnauthorized: true,
        });
    return madeOnce(agents, `${connections} ${process.env["SSL_CERT_FILE"] ?? ""}`, make);
}

/** The value of a key, which is made where there is none yet. */
function madeOnce<V>(made: Map<string, V>, key: string, make: () => V): V {
    const value = made.get(key) ?? make();
    made.set(key, value);
    return value;
}

/** Authorities by the value of SSL_CERT_FILE. */
const contexts = new Map<string, SecureContext>();

/** The authorities that Node.js brings and those of SSL_CERT_FILE, which the CLI and the provider read themselves, and Node.js does not. */
function trusted(): SecureContext {
    const file = process.env["SSL_CERT_FILE"] ?? "";
    return madeOnce(contexts, file, () => {
        const context = createSecureContext();
        if (file !== "") {
            // To name those that Node.js brings as `ca` too takes fifteen times as long: it reads each of them anew.
            (context.context as { addCACert(pem: string): void }).addCACert(authorities(file));
        }
        return context;
    });
}

function authorities(file: string): string {
    try {
        return readFileSync(file, "utf8");
    } catch (error) {
        throw new Refusal(
            `SSL_CERT_FILE: ${file} cannot be read (${(error as NodeJS.ErrnoException).code}): let it name a file with the ` +
                "certificates of the authorities, in PEM form, or unset it where the system knows them.",
        );
    }
}
