import { execFileSync, spawn } from "node:child_process";
import { NODES_ALONE } from "../model/nodesAlone";
import type { StackOutputs } from "../model/outputs";
import type { Deployment } from "../model/stateRepair";
import type { PreviewStep } from "../node/drift/preview";
import { Refusal } from "./command";

/**
 * What a command of the Pulumi CLI prints, without a terminal.
 *
 * @throws Refusal with what the CLI says of its failure.
 */
export function pulumi(...args: string[]): string {
    try {
        return execFileSync("pulumi", [...args, "--non-interactive"], {
            encoding: "utf8",
            maxBuffer: 2 ** 30,
            stdio: ["ignore", "pipe", "pipe"],
        });
    } catch (error) {
        throw new Refusal((error as { stderr?: string }).stderr?.trim() ?? String(error));
    }
}

/**
 * What would change on a substrate's nodes alone, read from the nodes and written nowhere: neither the core router nor a
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

/** What a person needs of an error: the CLI begins each with its severity. */
function asTold(message: string): string {
    return message.replace(/^error: /, "").trim();
}

/** Runs a command of the Pulumi CLI without a terminal, while others run. */
function run(args: readonly string[], extra: NodeJS.ProcessEnv) {
    return new Promise<{ stdout: string; stderr: string; code: number | null }>((done, reject) => {
        const child = spawn("pulumi", args, { env: { ...process.env, ...extra }, stdio: ["ignore", "pipe", "pipe"] });
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

/** What a stack puts out, as schemas/outputs.schema.json describes it. @throws Refusal where there is no such stack. */
export function outputsOf(stack: string): StackOutputs {
    return JSON.parse(pulumi("stack", "output", "--json", "--stack", stack)) as StackOutputs;
}

/** Runs a command of the Pulumi CLI on the person's own terminal; gives back its exit code. */
export function runPulumi(...args: string[]): Promise<number> {
    // The terminal's Ctrl-C reaches the CLI too, which ends its plugins; this process waits for it.
    const wait = () => undefined;
    process.on("SIGINT", wait);
    return new Promise((done, reject) => {
        const child = spawn("pulumi", args, { stdio: "inherit" });
        child.on("error", reject);
        child.on("close", (code) => {
            process.off("SIGINT", wait);
            done(code ?? 1);
        });
    });
}
