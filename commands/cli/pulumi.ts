import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { environmentFor } from "../../definitions/childEnvironment";
import type { Request } from "./definition";
import { definitions } from "./environment";
import { inOrder } from "./interruption";

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
 */
export async function runPulumi(request: Request, ...args: string[]): Promise<PulumiRun> {
    const shared = process.stdin.isTTY;
    const folder = request.json ? mkdtempSync(join(tmpdir(), "tenants-")) : undefined;
    const log = folder && join(folder, "events.json");
    try {
        const child = spawn("pulumi", [...args, ...displayFlags(request), ...(log ? ["--event-log", log] : [])], {
            cwd: definitions(),
            detached: !shared,
            // The CLI has --event-log, which its Automation API reads, with this alone.
            env: { ...environmentFor("pulumi"), ...(log && { PULUMI_DEBUG_COMMANDS: "true" }) },
            stdio: ["inherit", request.json ? 2 : "inherit", "inherit"],
        });
        const code = await inOrder(
            () =>
                new Promise<number>((done, reject) => {
                    child.on("error", reject);
                    child.on("close", (ended) => done(ended ?? 1));
                }),
            (signal) => void ((!shared || signal === "SIGTERM") && child.kill("SIGINT")),
        );
        return { code, changes: log === undefined ? {} : changesIn(log) };
    } finally {
        if (folder !== undefined) {
            rmSync(folder, { recursive: true, force: true });
        }
    }
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
