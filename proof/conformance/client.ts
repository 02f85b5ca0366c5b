import { spawn } from "node:child_process";
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { linkProgram, makePulumiHome } from "../../state/project/client";
import { jsonOr } from "../../definitions/json";
import { ROOT } from "../../definitions/project/read";
import { stackFileOf } from "../../definitions/stackFile";
import type { Credentials } from "../../router/client";
import { TENANT } from "./place";

/** How a command of `tenants` ended. */
export interface Ended {
    readonly code: number;
    /** Its output for programs; undefined where it printed none. */
    readonly json: unknown;
}

/** Somebody ended the run. */
export class InterruptedError extends Error {}

/** Variables that say which stack, state or configuration is a person's: the throwaway's are its own. */
const PERSONS = ["PULUMI_STACK", "PULUMI_CONFIG", "PULUMI_CONFIG_PASSPHRASE_FILE", "PULUMI_ACCESS_TOKEN", "PULUMI_ORG"];

/** Lines of a failed command's log that are told. */
const LAST_LINES = 12;

/**
 * The throwaway stack of a substrate: a project, a state and a home of Pulumi of its own in `.conformance/<substrate>` of the
 * definitions' folder, beside the person's own. It is there from before anything is made until nothing is left, so that a run
 * which was killed can be made up for. Its state holds no secret: those reach a run by the environment alone.
 */
export class Throwaway {
    readonly stack: string;
    /** Folder of its stack file and its tenant. */
    readonly project: string;
    private readonly folder: string;

    constructor(definitions: string, substrate: string) {
        this.stack = `${TENANT}-${substrate}`;
        this.folder = join(definitions, ".conformance", substrate);
        this.project = join(this.folder, "project");
    }

    /** Whether an earlier run left it. */
    get isThere(): boolean {
        return existsSync(this.folder);
    }

    /** Process of the run that is under way; undefined where none is. */
    get holder(): number | undefined {
        try {
            const pid = Number(readFileSync(join(this.folder, "pid"), "utf8"));
            return pid !== process.pid && isConformance(pid) ? pid : undefined;
        } catch {
            return undefined;
        }
    }

    /** Makes it, or makes it this process's own where an earlier run left it. */
    take(): void {
        mkdirSync(this.folder, { recursive: true, mode: 0o700 });
        writeFileSync(join(this.folder, "pid"), String(process.pid));
        linkProgram(this.project);
        makePulumiHome(join(this.folder, "pulumi"));
        mkdirSync(join(this.folder, "state"), { recursive: true });
    }

    /** Writes its stack file; whoever reads the folder knows by it that something may have been made. */
    define(stackFile: string): void {
        writeFileSync(join(this.project, stackFileOf(this.stack)), stackFile);
    }

    /** Whether it came as far as a stack file, without which nothing was made. */
    get isDefined(): boolean {
        return existsSync(join(this.project, stackFileOf(this.stack)));
    }

    writeTenant(text: string): void {
        mkdirSync(join(this.project, "tenants", this.stack), { recursive: true });
        writeFileSync(join(this.project, "tenants", this.stack, `${TENANT}.yaml`), text);
    }

    /** Removes it. */
    remove(): void {
        rmSync(this.folder, { recursive: true, force: true });
    }

    /**
     * Runs a command of `tenants` on the throwaway stack, as a person does.
     *
     * @param router key of the core router, which a person's configuration may have.
     * @param signal ends it, as Ctrl-C does.
     * @throws InterruptedError where it was ended.
     */
    run(args: readonly string[], router: Credentials | undefined, signal: AbortSignal): Promise<Ended> {
        if (signal.aborted) {
            return Promise.reject(new InterruptedError());
        }
        const log = join(this.folder, "log");
        const at = args.indexOf("--");
        const [own, further] = at < 0 ? [args, []] : [args.slice(0, at), args.slice(at)];
        appendFileSync(log, `$ tenants ${args.join(" ")}\n`);
        return new Promise((done, reject) => {
            const command = [join(ROOT, "start", "tenants.js"), ...own, "--json", "--no-color", ...further];
            const child = spawn(process.execPath, command, {
                // Away from the terminal, whose Ctrl-C reaches it through the signal, once.
                detached: true,
                env: this.environment(router),
                stdio: ["ignore", "pipe", "pipe"],
            });
            const end = () => child.kill("SIGINT");
            signal.addEventListener("abort", end, { once: true });
            let stdout = "";
            child.stdout.setEncoding("utf8").on("data", (chunk: string) => (stdout += chunk));
            child.stderr.setEncoding("utf8").on("data", (chunk: string) => appendFileSync(log, chunk));
            child.on("error", reject);
            child.on("close", (code) => {
                signal.removeEventListener("abort", end);
                if (signal.aborted) {
                    reject(new InterruptedError());
                } else {
                    done({ code: code ?? 1, json: jsonOr(stdout, undefined) });
                }
            });
        });
    }

    /** The last that commands said, for the person alone: it has names and addresses. */
    lastSaid(): string {
        const lines = readFileSync(join(this.folder, "log"), "utf8").trimEnd().split("\n");
        return lines.slice(-LAST_LINES).join("\n");
    }

    private environment(router: Credentials | undefined): NodeJS.ProcessEnv {
        const own = Object.entries(process.env).filter(([name]) => !PERSONS.includes(name));
        return {
            ...Object.fromEntries(own),
            ...(router && { OPNSENSE_API_KEY: router.key, OPNSENSE_API_SECRET: router.secret }),
            TENANTS_PROJECT: this.project,
            PULUMI_BACKEND_URL: pathToFileURL(join(this.folder, "state")).href,
            // Its stack has no secret to encrypt, and Pulumi asks for a passphrase all the same.
            PULUMI_CONFIG_PASSPHRASE: "conformance",
            PULUMI_HOME: join(this.folder, "pulumi"),
            PULUMI_SKIP_UPDATE_CHECK: "true",
        };
    }
}

/** Whether a process is a run of this command: another may have got its number meanwhile. */
function isConformance(pid: number): boolean {
    try {
        return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").includes(TENANT);
    } catch {
        return false;
    }
}
