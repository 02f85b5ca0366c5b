import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { environmentFor } from "../../definitions/childEnvironment";
import { jsonOr } from "../../definitions/json";
import { keepSecret } from "../../definitions/printed";
import { configurationOf } from "../../state/client";
import type { Told } from "../../state/events/events";
import { LISTENING, listening } from "../../state/events/read";
import { beginJournal, journalFile, removeJournal } from "../../state/journal/client";
import { JOURNAL_FILE } from "../../state/journal/entries";
import { endOrphans } from "../../state/orphans/read";
import { sparing } from "../../state/spared";
import type { Substrate } from "../../substrate/substrate";
import type { Request } from "./definition";
import { definitions } from "./environment";
import { inOrder } from "./interruption";
import { complain, note } from "./terminal";
import { machinesOf, watch } from "./watch";

/** Variable with whose value 0 a person has runs keep Pulumi's checkpoints in place of a journal (docs/recover.md). */
const JOURNAL = "JOURNAL";

/** Arguments with which Pulumi only looks. */
const LOOKS = ["--preview-only", "--help", "-h"];

/** Whether a run of the Pulumi CLI with these arguments changes nothing. */
export function looksOnly(args: readonly string[]): boolean {
    return args[0] === "preview" || args.some((argument) => LOOKS.includes(argument));
}

/** A request of a person, with variables that the program has in this run alone. */
export interface RunRequest extends Request {
    readonly environment?: Readonly<Record<string, string>>;
}

/** How a run of the Pulumi CLI ended, and what its engine told. */
export interface PulumiRun extends Told {
    /** The CLI's own exit code (exitOfPulumi says what it is here). */
    readonly code: number;
}

/**
 * Runs a command of the Pulumi CLI on the person's own terminal; where standard output is for JSON, on standard error.
 *
 * Of Ctrl-C at a terminal the CLI hears itself. Without one it runs in a group of its own and is told here, once: told twice
 * it would end without settling anything.
 *
 * @param substrate the one whose stack it works on.
 */
export async function runPulumi(request: RunRequest, substrate: Substrate, ...args: string[]): Promise<PulumiRun> {
    const [code, told] = await listening((log) => run(substrate, request, [...args, ...displayFlags(request)], log));
    return { code, ...told };
}

/** Runs the CLI to its end, says what it waits for, and ends what it leaves where it was killed. */
async function run(
    substrate: Substrate,
    { json, environment }: RunRequest,
    args: readonly string[],
    log: string,
): Promise<number> {
    const shared = process.stdin.isTTY;
    const logs = args.includes("--logtostderr");
    if (logs) {
        keepConfigured(substrate.name);
    }
    const journal = looksOnly(args) ? undefined : begunJournal(substrate.name);
    const child = spawn("pulumi", [...args, "--event-log", log], {
        cwd: definitions(),
        detached: !shared,
        env: { ...environmentOf(substrate, args), ...environment, ...journal },
        stdio: ["inherit", json ? 2 : "inherit", logs ? "pipe" : "inherit"],
    });
    if (child.stderr !== null) {
        createInterface(child.stderr).on("line", complain);
    }
    const ended = new Promise<number | null>((done, reject) => void child.on("error", reject).on("close", done));
    const unwatch = watch(machinesOf(substrate), () => void child.kill("SIGINT"));
    const code = await inOrder(
        () => ended,
        (signal) => void ((!shared || signal === "SIGTERM") && child.kill("SIGINT")),
        "Pulumi",
    ).finally(unwatch);
    if (code === null) {
        endOrphans(definitions()).forEach(note);
    } else if (code === 0 && journal !== undefined) {
        removeJournal(substrate.name);
    }
    return code ?? 1;
}

function environmentOf({ name }: Substrate, args: readonly string[]): NodeJS.ProcessEnv {
    return { ...environmentFor("pulumi"), ...LISTENING, ...sparing(name, args) };
}

/**
 * Begins a journal, where the state is in a folder and the environment does not say otherwise, in whose stead the CLI saves the
 * state once, at the end.
 *
 * @returns variables of such a run; undefined where the CLI's own checkpoints stay on.
 */
function begunJournal(stack: string): NodeJS.ProcessEnv | undefined {
    const file = process.env[JOURNAL] === "0" ? undefined : journalFile(stack);
    if (file === undefined) {
        return undefined;
    }
    beginJournal(stack, file);
    return { [JOURNAL_FILE]: file, PULUMI_SKIP_CHECKPOINTS: "true" };
}

/** Has the stack's secrets masked, which Pulumi's own log shows from -v 9 on. */
function keepConfigured(stack: string): void {
    for (const { value, secret } of Object.values(configurationOf(stack))) {
        if (secret === true) {
            keepSecret(value);
            // The values in it, where it is JSON, are secrets each.
            keepSecret(jsonOr(value ?? "", undefined));
        }
    }
}

function displayFlags({ color, quiet }: Request): string[] {
    return [...(color ? [] : ["--color", "never"]), ...(quiet ? ["--suppress-progress"] : [])];
}
