import { execFileSync, spawn } from "node:child_process";
import type { StackOutputs } from "../model/outputs";
import type { Deployment } from "../model/stateRepair";
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
