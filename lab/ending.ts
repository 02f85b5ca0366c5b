import { mkdtempSync, rmSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { DefinitionError } from "../definitions/faults";
import { UnexpectedError } from "./expect";
import { killProcess, processesOf, type FoundProcess } from "./processes";

/** How long plugins of Pulumi may take to notice that the CLI is gone, in milliseconds, before they are ended. */
const PATIENCE_MS = 5_000;

/** Errors of the program itself, of which the place matters. */
const PROGRAMMING = [TypeError, RangeError, ReferenceError, SyntaxError];

/** Hooks of a run of a lab's program. */
export interface LabRun {
    /** Aborted by the first Ctrl-C, or SIGTERM. */
    readonly signal: AbortSignal;
    /** Says that something runs from now on, which is named where the run is ended by hand. */
    readonly runs: (what: string) => void;
}

/**
 * Runs a program of the lab with a temporary folder of its own, of which nothing is left, and gives back its exit code: what
 * the body says; 1 where it fails; 128 and the signal's number, as shells have it, where it was ended by hand.
 *
 * @param name begins what it says on standard error.
 * @param body cleans up behind itself, also when it is aborted; by a second Ctrl-C, all that it started is killed.
 */
export async function runLab(name: string, body: (run: LabRun) => Promise<number>): Promise<number> {
    const folder = mkdtempSync(join(tmpdir(), `${name}-`));
    process.env["TMPDIR"] = folder;
    const say = (text: string) => console.error(`${name}: ${text}`);
    const ending = new AbortController();
    const running: string[] = [];
    const end = (signal: NodeJS.Signals) => {
        if (ending.signal.aborted) {
            killAll(folder);
            return;
        }
        say(`${signal}: ending ${listed(running)}`);
        ending.abort(signal);
    };
    process.on("SIGINT", end).on("SIGTERM", end);
    let code = 1;
    try {
        code = await body({ signal: ending.signal, runs: (what) => running.push(what) });
    } catch (error) {
        // What was ended fails, and that is no news.
        if (!ending.signal.aborted) {
            tell(error, say);
        }
    } finally {
        await gone(folder);
        rmSync(folder, { recursive: true, force: true });
        process.off("SIGINT", end).off("SIGTERM", end);
    }
    return ending.signal.aborted ? ended(folder, ending.signal.reason as NodeJS.Signals, say) : code;
}

/**
 * Has a program of the lab end with the exit code that its work gives back; with 2, and its help, where its options are wrong.
 *
 * @param help all that `--help` prints.
 */
export async function endWith(work: Promise<number>, help: string): Promise<void> {
    try {
        process.exitCode = await work;
    } catch (error) {
        const { code = "", message } = error as NodeJS.ErrnoException;
        if (!code.startsWith("ERR_PARSE_ARGS_")) {
            throw error;
        }
        console.error(`${message}\n${help}`);
        process.exitCode = 2;
    }
}

/** Says whether anything is left of what was ended by hand. */
function ended(folder: string, signal: NodeJS.Signals, say: (text: string) => void): number {
    const left = processesOf(folder).map(({ pid, command }) => `${pid} ${command}`);
    say(left.length === 0 ? "all ended, and nothing is left of it" : `these still run:\n${left.join("\n")}`);
    return 128 + constants.signals[signal];
}

/** Waits until nothing runs in a folder, and ends what does not end by itself. */
async function gone(folder: string): Promise<void> {
    for (const since = Date.now(); processesOf(folder).length > 0; await pause(50)) {
        if (Date.now() - since > PATIENCE_MS) {
            await pause(killAll(folder).length * 50);
            return;
        }
    }
}

function killAll(folder: string): FoundProcess[] {
    const all = processesOf(folder);
    all.forEach(({ pid }) => killProcess(pid));
    return all;
}

function tell(error: unknown, say: (text: string) => void): void {
    if (error instanceof DefinitionError) {
        console.error(error.message);
    } else if (error instanceof UnexpectedError) {
        say(`NOT AS EXPECTED: ${error.message}`);
    } else if (error instanceof Error && !PROGRAMMING.some((kind) => error instanceof kind)) {
        say(error.message);
    } else {
        console.error(error);
    }
}

function listed(names: readonly string[]): string {
    return names.length < 2 ? (names[0] ?? "what was started") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}
