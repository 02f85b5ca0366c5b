import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { NODES_ALONE } from "../../substrate/nodesAlone";
import type { StackOutputs } from "../../substrate/outputs";
import type { Deployment } from "../../state/repair";
import type { PreviewStep } from "../../node/drift/preview";
import type { Request } from "../cli/definition";
import { definitions } from "../cli/environment";
import { Refusal } from "../cli/errors";
import { inOrder } from "../cli/interruption";

/**
 * Standard output of a command of the Pulumi CLI, without a terminal.
 *
 * @throws Refusal with what the CLI says of its failure.
 */
export function pulumi(...args: string[]): string {
    try {
        return execFileSync("pulumi", [...args, "--non-interactive"], {
            cwd: definitions(),
            encoding: "utf8",
            maxBuffer: 2 ** 30,
            stdio: ["ignore", "pipe", "pipe"],
        });
    } catch (error) {
        throw new Refusal((error as { stderr?: string }).stderr?.trim() ?? String(error));
    }
}

/**
 * Changes on a substrate's nodes alone, read from the nodes and written nowhere: neither the core router nor a
 * host is asked.
 *
 * @throws Refusal with what the CLI says of its failure.
 */
export async function previewNodes(stack: string): Promise<PreviewStep[]> {
    const flags = ["--refresh", "--json", "--non-interactive", "--exclude", ROUTER_RESOURCES, "--stack", stack];
    const { stdout, stderr, code } = await run(["preview", ...flags], { [NODES_ALONE]: "1" });
    const { steps = [], diagnostics = [] } = previewOf(stdout);
    if (code !== 0) {
        const errors = diagnostics.filter(({ severity }) => severity === "error").map(({ message }) => message);
        throw new Refusal(errors.map(asTold).join("\n") || stderr.trim() || `pulumi preview ended with ${code}`);
    }
    return steps;
}

/** URNs of what the stack writes to the core router: a refresh must not read them either. */
const ROUTER_RESOURCES = "**pulumi-nodejs**";

interface Preview {
    readonly steps?: PreviewStep[];
    readonly diagnostics?: { readonly message: string; readonly severity: string }[];
}

function previewOf(stdout: string): Preview {
    try {
        return JSON.parse(stdout) as Preview;
    } catch {
        return {};
    }
}

/** Message of an error as a person needs it: the CLI begins each with its severity. */
function asTold(message: string): string {
    return message.replace(/^error: /, "").trim();
}

/** Runs a command of the Pulumi CLI without a terminal, while others run. */
function run(args: readonly string[], extra: NodeJS.ProcessEnv) {
    return new Promise<{ stdout: string; stderr: string; code: number | null }>((done, reject) => {
        const env = { ...process.env, ...extra };
        const child = spawn("pulumi", args, { cwd: definitions(), env, stdio: ["ignore", "pipe", "pipe"] });
        const said = { stdout: "", stderr: "" };
        child.stdout.setEncoding("utf8").on("data", (chunk: string) => (said.stdout += chunk));
        child.stderr.setEncoding("utf8").on("data", (chunk: string) => (said.stderr += chunk));
        child.on("error", reject);
        child.on("close", (code) => done({ ...said, code }));
    });
}

/** A stack as `pulumi stack export` gives it. */
export interface Exported {
    readonly deployment: Deployment;
}

/** The state of a stack. @throws Refusal where there is none that can be read. */
export function exportStack(stack: string): Exported {
    return JSON.parse(pulumi("stack", "export", "--stack", stack)) as Exported;
}

/** Arguments with which Pulumi only looks. */
const LOOKS = ["--preview-only", "--help", "-h"];

/** Whether a run of the Pulumi CLI with these arguments changes nothing. */
export function looksOnly(args: readonly string[]): boolean {
    return args.some((argument) => LOOKS.includes(argument));
}

/** Outputs of a stack, as schemas/outputs.schema.json describes it. @throws Refusal where there is no such stack. */
export function outputsOf(stack: string): StackOutputs {
    return JSON.parse(pulumi("stack", "output", "--json", "--stack", stack)) as StackOutputs;
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
            env: { ...process.env, ...(log && { PULUMI_DEBUG_COMMANDS: "true" }) },
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
