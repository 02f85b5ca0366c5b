import { existsSync, readdirSync, readFileSync, readlinkSync, realpathSync } from "node:fs";
import { basename, join, sep } from "node:path";

/** Where Linux tells of processes; another system has no such folder, and nothing is looked for there. */
const PROC = "/proc";

/**
 * Programs that the Pulumi CLI starts: plugins, this project's policy pack, and what of @pulumi/pulumi runs the program and its
 * dynamic providers.
 */
const PLUGIN = /^pulumi-(resource|language|analyzer)-/;
const PACK = /(^|\/)policy\/pack$/;
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
        const name = nameOf(args);
        const port = ENGINE.exec(args.join(" "))?.[1];
        const isOurs = cwd === own || cwd.startsWith(own + sep);
        if (name === undefined || port === undefined || !isOurs || listening.has(Number(port)) || !end(pid)) {
            return [];
        }
        return [`process ${pid} (${name}), left by a run that was killed, is ended`];
    });
}

/**
 * Whether a process is a Pulumi CLI that lives. One that was killed and that nobody has waited for yet, as in a container without an
 * init, still has its number; after a restart of the machine the number is another program's.
 */
export function isPulumi(pid: number): boolean {
    if (!isAlive(pid)) {
        return false;
    }
    // A process that has ended has no arguments; undefined where the system does not tell.
    const args = readOr(undefined, () => readFileSync(join(PROC, String(pid), "cmdline"), "utf8"));
    return args === undefined || basename(args.split("\0")[0]!).includes("pulumi");
}

/** Whether a process has a number, whosever it is. */
export function isAlive(pid: number): boolean {
    try {
        process.kill(pid, 0);
        return true;
    } catch (error) {
        return (error as { code?: string }).code === "EPERM";
    }
}

/** Whether the arguments of any process but this one name a file or folder; none does where the system does not tell. */
export function isNamed(path: string): boolean {
    return existsSync(PROC) && processes().some(({ args }) => args.some((argument) => argument.includes(path)));
}

/** A program that the Pulumi CLI starts, by its arguments; undefined for any other. */
function nameOf(args: readonly string[]): string | undefined {
    const words = args.slice(0, 3).map((word) => basename(word));
    const plugin = words.find((word, at) => PLUGIN.test(word) || PACK.test(args[at]!));
    return plugin ?? (args.some((arg) => RUNTIME.test(arg)) ? words[0] : undefined);
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
