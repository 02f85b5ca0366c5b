import { spawn } from "node:child_process";
import { once } from "node:events";
import { environmentFor } from "../../definitions/childEnvironment";

/** Seconds that a connection may take. */
const CONNECT_SECONDS = 10;

/** How a program ended, and what it said. */
export interface Ended {
    /** Exit code; null where a signal ended it. */
    readonly code: number | null;
    readonly stdout: string;
    readonly stderr: string;
    /** Why it was ended before its own end. */
    readonly broken?: string;
}

/** Bounds of a program on a host that may be anybody's. */
export interface Bounds {
    /** How long it may take, with the connection, in seconds. */
    readonly seconds: number;
    /** Most that it may print, in bytes. */
    readonly bytes: number;
}

/**
 * Runs a Python program on a host by the person's own ssh, which asks nothing.
 *
 * @param host as ssh takes it: name or address, with or without a user.
 * @param config file that ssh reads in place of the person's own.
 */
export function runPython(host: string, program: string, config: string | undefined, bounds: Bounds): Promise<Ended> {
    const own = config === undefined ? [] : ["-F", config];
    return run([...own, ...ASKS_NOTHING, host, "python3", "-"], program, bounds);
}

/**
 * Runs a command in a VM that was just made: its host key is new, so that none is known, and none is remembered. It must neither say
 * nor be sent anything secret.
 *
 * @param host as ssh takes it: name or address, with or without a user.
 */
export function runInNewVm(host: string, command: string, bounds: Bounds): Promise<Ended> {
    const anyKey = ["-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR"];
    return run([...ASKS_NOTHING, ...anyKey, "-o", "ForwardAgent=no", "--", host, command], "", bounds);
}

const ASKS_NOTHING = ["-o", "BatchMode=yes", "-o", `ConnectTimeout=${CONNECT_SECONDS}`];

/** Runs ssh to its end. @param input that it is given. */
async function run(args: readonly string[], input: string, { seconds, bytes }: Bounds): Promise<Ended> {
    const child = spawn("ssh", args, { env: environmentFor("ssh"), stdio: ["pipe", "pipe", "pipe"] });
    let broken: string | undefined;
    const end = (why: string) => {
        broken ??= why;
        child.kill("SIGKILL");
        // What ssh started may hold the other ends.
        [child.stdout, child.stderr].forEach((stream) => stream.destroy());
    };
    const timer = setTimeout(() => end(`it took longer than ${seconds} s`), seconds * 1000);
    const said = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const) {
        child[name].setEncoding("utf8").on("data", (chunk: string) => {
            said[name] += chunk;
            if (said[name].length > bytes) {
                end(`it printed more than ${bytes / 2 ** 20} MiB`);
            }
        });
    }
    // An ssh that ends before it read everything is told by its exit code.
    child.stdin.on("error", () => undefined).end(input);
    try {
        const [code] = (await once(child, "close")) as [number | null];
        return { code, ...said, ...(broken !== undefined && { broken }) };
    } finally {
        clearTimeout(timer);
    }
}
