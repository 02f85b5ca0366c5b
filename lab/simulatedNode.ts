import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LAB_PYTHON, LAB_ROOT } from "./venv";

/** What the simulated node says when it is ready. */
interface Ready {
    readonly endpoint: string;
    readonly caFile: string;
    readonly apiToken: string;
    readonly rootPassword: string;
    readonly node: string;
    /** Unix socket of its control interface. */
    readonly control: string;
}

/** One request that the node saw, oldest first. */
export interface SeenRequest {
    readonly n: number;
    readonly method: string;
    readonly path: string;
    readonly body: string;
    readonly status: number;
    readonly user: string | null;
}

/** Privileges on a path, for users and tokens alike, as the control interface takes them. */
export interface SimulatedGrant {
    readonly path: string;
    readonly privileges: readonly string[];
    /** Whether it holds below the path, too. */
    readonly propagate: boolean;
    readonly userids: readonly string[];
}

/** How long a start may take, in milliseconds; a loaded CI machine needs seconds. */
const START_TIMEOUT_MS = 60_000;

/** A running simulated PVE node, as hv02 of dvntm: loopback only, gone when this process ends. */
export class SimulatedNode {
    private ticket: { cookie: string; csrf: string } | undefined;

    private constructor(
        readonly ready: Ready,
        private readonly child: ChildProcess,
        private readonly runDir: string,
    ) {}

    /**
     * Starts a node.
     *
     * @throws Error with what the node wrote on its standard error when it does not come up.
     */
    static async start(): Promise<SimulatedNode> {
        const runDir = mkdtempSync(join(tmpdir(), "simnode-"));
        const child = spawn(LAB_PYTHON, ["-m", "simnode", "--run-dir", runDir], {
            cwd: LAB_ROOT,
            stdio: ["ignore", "pipe", "pipe"],
        });
        process.once("exit", () => rmSync(runDir, { recursive: true, force: true }));
        try {
            return new SimulatedNode(await firstLine(child), child, runDir);
        } catch (error) {
            child.kill("SIGKILL");
            rmSync(runDir, { recursive: true, force: true });
            throw error;
        }
    }

    /** Stops the node and waits until it is gone. */
    async stop(): Promise<void> {
        if (this.child.exitCode === null && this.child.signalCode === null) {
            const gone = once(this.child, "exit");
            this.child.kill("SIGTERM");
            await gone;
        }
        rmSync(this.runDir, { recursive: true, force: true });
    }

    /** Everything lasting on the node, in a form that is equal exactly when the node is in the same state. */
    async state(): Promise<unknown> {
        return this.control("GET", "/state");
    }

    /** Every request that the node saw since the last forgetRequests. */
    async requests(): Promise<SeenRequest[]> {
        return (await this.control("GET", "/requests")) as SeenRequest[];
    }

    async forgetRequests(): Promise<void> {
        await this.control("DELETE", "/requests");
    }

    /** Makes the node answer a request with an error, as POST /faults of its control interface takes it. */
    async fail(fault: Record<string, unknown>): Promise<void> {
        await this.control("POST", "/faults", fault);
    }

    async clearFaults(): Promise<void> {
        await this.control("DELETE", "/faults");
    }

    /** Changes settings of the node, as PATCH /settings of its control interface takes them. */
    async set(settings: Readonly<Record<string, unknown>>): Promise<void> {
        await this.control("PATCH", "/settings", settings);
    }

    /** What a person does by hand: a call of the PVE API as root@pam. Gives back the answer's data. */
    async byHand(method: string, path: string, fields: Record<string, string> = {}): Promise<unknown> {
        this.ticket ??= await this.login();
        const headers = { Cookie: `PVEAuthCookie=${this.ticket.cookie}`, CSRFPreventionToken: this.ticket.csrf };
        return this.api(method, path, fields, headers);
    }

    private async login() {
        const fields = { username: "root@pam", password: this.ready.rootPassword };
        const data = await this.api("POST", "/access/ticket", fields, {});
        const { ticket, CSRFPreventionToken } = data as { ticket: string; CSRFPreventionToken: string };
        return { cookie: ticket, csrf: CSRFPreventionToken };
    }

    private async api(method: string, path: string, fields: Record<string, string>, headers: Record<string, string>) {
        const body = new URLSearchParams(fields).toString();
        const url = new URL(`api2/json${path}`, this.ready.endpoint);
        const type = body === "" ? {} : { "Content-Type": "application/x-www-form-urlencoded" };
        const call = httpsRequest(url, {
            method,
            ca: readFileSync(this.ready.caFile),
            headers: { ...headers, ...type, "Content-Length": Buffer.byteLength(body) },
        });
        return dataOf(`${method} ${path}`, call, body);
    }

    private control(method: string, path: string, json?: unknown): Promise<unknown> {
        const body = json === undefined ? "" : JSON.stringify(json);
        const headers = { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) };
        const call = httpRequest({ socketPath: this.ready.control, method, path, headers });
        return answerOf(`${method} ${path}`, call, body);
    }
}

/** Waits for the line that says that the node is ready. */
function firstLine(child: ChildProcess): Promise<Ready> {
    return new Promise((resolve, reject) => {
        let out = "";
        let err = "";
        const fail = (why: string) => reject(new Error(`the simulated node did not start: ${why}\n${err}`));
        const timer = setTimeout(() => fail(`nothing heard for ${START_TIMEOUT_MS / 1000} s`), START_TIMEOUT_MS);
        // A fault of the simulated node itself must be seen, not taken for the provider's.
        child.stderr?.setEncoding("utf8").on("data", (chunk: string) => {
            err += chunk;
            process.stderr.write(chunk);
        });
        child.on("error", (error) => fail(error.message));
        child.on("exit", (code) => fail(`it ended with ${code}`));
        child.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
            out += chunk;
            if (out.includes("\n")) {
                clearTimeout(timer);
                resolve(JSON.parse(out) as Ready);
            }
        });
    });
}

async function dataOf(what: string, call: ReturnType<typeof httpRequest>, body: string): Promise<unknown> {
    return ((await answerOf(what, call, body)) as { data: unknown }).data;
}

/** Sends a request and gives back the answer's JSON; an error status is an error with the answer in it. */
async function answerOf(what: string, call: ReturnType<typeof httpRequest>, body: string): Promise<unknown> {
    call.end(body);
    const [response] = (await once(call, "response")) as [import("node:http").IncomingMessage];
    let text = "";
    for await (const chunk of response.setEncoding("utf8")) {
        text += String(chunk);
    }
    const status = response.statusCode ?? 0;
    if (status >= 400) {
        throw new Error(`${what}: ${status} ${text.trim()}`);
    }
    return text === "" ? undefined : JSON.parse(text);
}
