import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { request as httpRequest, type ClientRequest, type IncomingMessage, type OutgoingHttpHeaders } from "node:http";
import { request as httpsRequest } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { labEnvironment } from "./environment";
import { LAB_PYTHON, LAB_ROOT } from "./venv";

/** First words of every simulated machine, when it is ready. */
export interface MachineReady {
    /** Address of its API. */
    readonly endpoint: string;
    readonly caFile: string;
    /** Unix socket of its control interface. */
    readonly control: string;
}

/** One request that a machine saw, oldest first. */
export interface SeenRequest {
    readonly n: number;
    readonly method: string;
    readonly path: string;
    readonly body: string;
    readonly status: number;
    readonly user: string | null;
    /** Of a request that lets a VM run: the firewall that it has at that moment; null where it has none. */
    readonly firewall?: { readonly options: Readonly<Record<string, unknown>>; readonly rules: number } | null;
}

/** How long a start may take, in milliseconds; a loaded CI machine needs seconds. */
const START_TIMEOUT_MS = 60_000;

/** The process of a machine, and where it keeps its files; one that another process started has neither here. */
export interface Launched<Ready> {
    readonly ready: Ready;
    readonly child?: ChildProcess;
    readonly runDir?: string;
}

/** Identity of a machine, the same from start to start. */
export interface Kept {
    /** Folder of its secrets, its certificate and its state. */
    readonly folder: string;
    readonly port: number;
}

/**
 * Starts a package of the lab as a machine.
 *
 * @param kept what stays for its next start; without it all is new in every start.
 * @param site the site that it stands in, as its `--site` reads it; missing: that of the lab's dvntm.
 * @throws Error with what it wrote on its standard error when it does not come up.
 */
export async function launch<Ready>(
    packageName: string,
    options: readonly string[] = [],
    kept?: Kept,
    site?: object,
): Promise<Launched<Ready>> {
    const runDir = mkdtempSync(join(tmpdir(), `${packageName}-`));
    const keeps = kept === undefined ? [] : ["--keep", kept.folder, "--port", String(kept.port)];
    const stands = site === undefined ? [] : ["--site", "-"];
    const child = spawn(LAB_PYTHON, ["-m", packageName, "--run-dir", runDir, ...keeps, ...stands, ...options], {
        cwd: LAB_ROOT,
        env: labEnvironment(),
        // What it keeps it writes at its end, of which a terminal's Ctrl-C or hang-up must not tell it beside us.
        detached: kept !== undefined,
        stdio: ["pipe", "pipe", "pipe"],
    });
    // A machine that ends before it read its site says why on its standard error.
    child.stdin.on("error", () => undefined).end(site === undefined ? "" : JSON.stringify(site));
    process.once("exit", () => rmSync(runDir, { recursive: true, force: true }));
    try {
        return { ready: await firstLine<Ready>(packageName, child), child, runDir };
    } catch (error) {
        child.kill("SIGKILL");
        rmSync(runDir, { recursive: true, force: true });
        throw error;
    }
}

/** A running simulated machine: loopback only, gone when this process ends. */
export abstract class SimulatedMachine<Ready extends MachineReady> {
    readonly ready: Ready;
    private readonly child: ChildProcess | undefined;
    private readonly runDir: string | undefined;

    protected constructor({ ready, child, runDir }: Launched<Ready>) {
        this.ready = ready;
        this.child = child;
        this.runDir = runDir;
    }

    /** Its process. */
    get pid(): number {
        return this.child!.pid!;
    }

    /** Stops the machine and waits until it is gone. */
    async stop(): Promise<void> {
        if (this.runs) {
            const gone = this.gone();
            this.child!.kill("SIGTERM");
            await gone;
        }
        if (this.runDir !== undefined) {
            rmSync(this.runDir, { recursive: true, force: true });
        }
    }

    /** Waits until the machine, which this process started, is gone. */
    async gone(): Promise<void> {
        if (this.runs) {
            await once(this.child!, "exit");
        }
    }

    private get runs(): boolean {
        return this.child?.exitCode === null && this.child.signalCode === null;
    }

    /** Everything lasting on the machine, in a form that is equal exactly when the machine is in the same state. */
    async state(): Promise<unknown> {
        return this.control("GET", "/state");
    }

    /** Everything lasting on the machine in the form that restore() takes; of chance and time, too, where state() has none. */
    async whole(): Promise<unknown> {
        return this.control("GET", "/state/whole");
    }

    /** Makes the machine what whole() gave, of this machine or of another one. */
    async restore(whole: unknown): Promise<void> {
        await this.control("PUT", "/state", whole);
    }

    /** Every request that the machine saw since the last forgetRequests. */
    async requests(): Promise<SeenRequest[]> {
        return (await this.control("GET", "/requests")) as SeenRequest[];
    }

    async forgetRequests(): Promise<void> {
        await this.control("DELETE", "/requests");
    }

    /** Makes the machine fail a request, as POST /faults of its control interface takes it. */
    async fail(fault: Record<string, unknown>): Promise<void> {
        await this.control("POST", "/faults", fault);
    }

    async clearFaults(): Promise<void> {
        await this.control("DELETE", "/faults");
    }

    protected control(method: string, path: string, json?: unknown): Promise<unknown> {
        const body = json === undefined ? "" : JSON.stringify(json);
        const headers = { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) };
        const call = httpRequest({ socketPath: this.ready.control, method, path, headers });
        return answerOf(`${method} ${path}`, call, body);
    }

    /** Calls the machine's API, below its endpoint. */
    protected api(method: string, path: string, body: string, headers: OutgoingHttpHeaders): Promise<unknown> {
        const call = httpsRequest(new URL(path, this.ready.endpoint), {
            method,
            ca: readFileSync(this.ready.caFile),
            headers: { ...headers, "Content-Length": Buffer.byteLength(body) },
        });
        return answerOf(`${method} ${path}`, call, body);
    }
}

/** Waits for the line that says that a machine is ready. */
function firstLine<Ready>(packageName: string, child: ChildProcess): Promise<Ready> {
    return new Promise((resolve, reject) => {
        let out = "";
        let err = "";
        const fail = (why: string) => reject(new Error(`${packageName} did not start: ${why}\n${err}`));
        const timer = setTimeout(() => fail(`nothing heard for ${START_TIMEOUT_MS / 1000} s`), START_TIMEOUT_MS);
        // A fault of the machine itself must be seen, not taken for that of whoever talks to it.
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

/** Sends a request and gives back the answer's JSON; an error status is an error with the answer in it. */
async function answerOf(what: string, call: ClientRequest, body: string): Promise<unknown> {
    call.end(body);
    const [response] = (await once(call, "response")) as [IncomingMessage];
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
