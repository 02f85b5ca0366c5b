import { readdirSync, readFileSync, readlinkSync, realpathSync } from "node:fs";
import { basename, join, sep } from "node:path";

/** Where Linux tells of processes; another system has no such folder, and nothing is looked for there. */
const PROC = "/proc";

/** Programs that the Pulumi CLI starts: plugins, and what of @pulumi/pulumi runs the program, its dynamic providers and policies. */
const PLUGIN = /^pulumi-(resource|language|analyzer)-/;
const RUNTIME = /\/node_modules\/@pulumi\/(pulumi|policy)\//;

/** Address of the engine that started a plugin, as it stands in its arguments. */
const ENGINE = /\b127\.0\.0\.1:([0-9]+)\b/;

/**
 * Ends the plugins that a killed Pulumi CLI left: those that work in a folder, and whose engine listens no more. Nobody can
 * tell them anything, but one that had begun something would go on with it beside the next run.
 *
 * @param folder folder of the project.
 * @returns what was ended, in words.
 */
export function endOrphans(folder: string): string[] {
    const listening = listeningPorts();
    if (listening === undefined) {
        return [];
    }
    const own = realpathSync(folder);
    return processes().flatMap(({ pid, args, cwd }) => {
        const words = args.slice(0, 3).map((word) => basename(word));
        const name =
            words.find((word) => PLUGIN.test(word)) ?? (args.some((arg) => RUNTIME.test(arg)) ? words[0] : undefined);
        const port = ENGINE.exec(args.join(" "))?.[1];
        const isOurs = cwd === own || cwd.startsWith(own + sep);
        if (name === undefined || port === undefined || !isOurs || listening.has(Number(port)) || !end(pid)) {
            return [];
        }
        return [`process ${pid} (${name}), left by a run that was killed, is ended`];
    });
}

function end(pid: number): boolean {
    try {
        process.kill(pid, "SIGKILL");
        return true;
    } catch {
        // It has ended by itself.
        return false;
    }
}

interface Process {
    readonly pid: number;
    readonly args: readonly string[];
    /** Folder that it works in; empty where that is not ours to know. */
    readonly cwd: string;
}

function processes(): Process[] {
    const pids = readdirSync(PROC).filter((name) => /^[0-9]+$/.test(name) && Number(name) !== process.pid);
    return pids.map((name) => {
        const args = readOr("", () => readFileSync(join(PROC, name, "cmdline"), "utf8")).split("\0");
        return { pid: Number(name), args, cwd: readOr("", () => readlinkSync(join(PROC, name, "cwd"))) };
    });
}

/** TCP ports of the loopback, or of every address, that somebody listens on; undefined where the system does not tell. */
function listeningPorts(): ReadonlySet<number> | undefined {
    const table = ["tcp", "tcp6"]
        .map((name) => readOr("", () => readFileSync(join(PROC, "net", name), "utf8")))
        .join("\n");
    // Local address and port in hex, the other's, and the state, of which 0A is LISTEN (proc_pid_net(5)).
    const ports = [...table.matchAll(/^ *\d+: [0-9A-F]+:([0-9A-F]{4}) [0-9A-F]+:[0-9A-F]{4} 0A /gm)];
    return table.trim() === "" ? undefined : new Set(ports.map(([, port]) => parseInt(port!, 16)));
}

function readOr<T>(nothing: T, read: () => T): T {
    try {
        return read();
    } catch {
        return nothing;
    }
}
