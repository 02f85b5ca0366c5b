import { spawn } from "node:child_process";
import { once } from "node:events";

/** Seconds that a connection may take. */
const CONNECT_SECONDS = 10;

/** How a program ended, and what it said. */
export interface Ended {
    /** Exit code; null where a signal ended it. */
    readonly code: number | null;
    readonly stdout: string;
    readonly stderr: string;
}

/**
 * Runs a Python program on a host by the person's own ssh, which asks nothing.
 *
 * @param host as ssh takes it: name or address, with or without a user.
 * @param config file that ssh reads in place of the person's own.
 */
export async function runPython(host: string, program: string, config: string | undefined): Promise<Ended> {
    const options = ["-o", "BatchMode=yes", "-o", `ConnectTimeout=${CONNECT_SECONDS}`];
    const child = spawn("ssh", [...(config === undefined ? [] : ["-F", config]), ...options, host, "python3", "-"], {
        stdio: ["pipe", "pipe", "pipe"],
    });
    let [stdout, stderr] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => (stdout += chunk));
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => (stderr += chunk));
    // An ssh that ends before it read everything is told by its exit code.
    child.stdin.on("error", () => undefined).end(program);
    const [code] = (await once(child, "close")) as [number | null];
    return { code, stdout, stderr };
}
