import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createInterface } from "node:readline";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { environmentFor } from "../../definitions/childEnvironment";
import { jsonOr } from "../../definitions/json";
import { keepSecret } from "../../definitions/printed";
import { pulumi } from "../../state/client";
import { endOrphans } from "../../state/orphans/read";
import type { Substrate } from "../../substrate/substrate";
import type { Request } from "./definition";
import { definitions } from "./environment";
import { inOrder } from "./interruption";
import { complain, note } from "./terminal";
import { machinesOf, watch } from "./watch";

/** Arguments with which Pulumi only looks. */
const LOOKS = ["--preview-only", "--help", "-h"];

/** Whether a run of the Pulumi CLI with these arguments changes nothing. */
export function looksOnly(args: readonly string[]): boolean {
    return args.some((argument) => LOOKS.includes(argument));
}

/** How a run of the Pulumi CLI ended. */
export interface PulumiRun {
    /** The CLI's own exit code (exitOfPulumi says what it is here). */
    readonly code: number;
    /** Resources by what was done with them, in Pulumi's words, where a run was asked for JSON. */
    readonly changes: Readonly<Record<string, number>>;
}

/**
 * Runs a command of the Pulumi CLI on the person's own terminal; where standard output is for JSON, on standard error.
 *
 * Of Ctrl-C at a terminal the CLI hears itself. Without one it runs in a group of its own and is told here, once: told twice
 * it would end without settling anything.
 *
 * @param substrate the one whose stack it works on.
 */
export async function runPulumi(request: Request, substrate: Substrate, ...args: string[]): Promise<PulumiRun> {
    const folder = request.json ? mkdtempSync(join(tmpdir(), "tenants-")) : undefined;
    const log = folder && join(folder, "events.json");
    try {
        const code = await run(substrate, request.json, [...args, ...displayFlags(request)], log);
        return { code, changes: log === undefined ? {} : changesIn(log) };
    } finally {
        if (folder !== undefined) {
            rmSync(folder, { recursive: true, force: true });
        }
    }
}

/** Runs the CLI to its end, says what it waits for, and ends what it leaves where it was killed. */
async function run(
    substrate: Substrate,
    json: boolean,
    args: readonly string[],
    log: string | undefined,
): Promise<number> {
    const shared = process.stdin.isTTY;
    const logs = args.includes("--logtostderr");
    if (logs) {
        keepConfigured(substrate.name);
    }
    const child = spawn("pulumi", [...args, ...(log ? ["--event-log", log] : [])], {
        cwd: definitions(),
        detached: !shared,
        // The CLI has --event-log, which its Automation API reads, with this alone.
        env: { ...environmentFor("pulumi"), ...(log && { PULUMI_DEBUG_COMMANDS: "true" }) },
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
    ).finally(unwatch);
    if (code === null) {
        endOrphans(definitions()).forEach(note);
    }
    return code ?? 1;
}

/** Has the stack's secrets masked, which Pulumi's own log shows from -v 9 on. */
function keepConfigured(stack: string): void {
    const values = JSON.parse(pulumi("config", "--show-secrets", "--json", "--stack", stack)) as Record<string, Value>;
    for (const { value, secret } of Object.values(values)) {
        if (secret === true) {
            keepSecret(value);
            // The values in it, where it is JSON, are secrets each.
            keepSecret(jsonOr(value ?? "", undefined));
        }
    }
}

interface Value {
    readonly value?: string;
    readonly secret?: boolean;
}

function displayFlags({ color, quiet }: Request): string[] {
    return [...(color ? [] : ["--color", "never"]), ...(quiet ? ["--suppress-progress"] : [])];
}

/** Counts of the engine's summary; it says none where the run failed before it. */
function changesIn(log: string): Readonly<Record<string, number>> {
    const events = linesOf(log).map((line) => JSON.parse(line) as SummaryEvent);
    return events.flatMap(({ summaryEvent }) => summaryEvent ?? []).at(-1)?.resourceChanges ?? {};
}

interface SummaryEvent {
    readonly summaryEvent?: { readonly resourceChanges?: Readonly<Record<string, number>> };
}

function linesOf(file: string): string[] {
    try {
        return readFileSync(file, "utf8")
            .split("\n")
            .filter((line) => line !== "");
    } catch {
        // The CLI ended before it wrote any.
        return [];
    }
}
