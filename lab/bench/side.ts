import { spawn } from "node:child_process";
import type { SimulatedNode } from "../simulatedNode";
import { Sampler, type Taken } from "./sampler";

/** Steps of both sides, in this order. */
export const STEPS = [
    "validate",
    "create",
    "first up after it",
    "preview, nothing to do",
    "up, nothing to do",
    "drift check",
    "change of one VM",
    "teardown of one tenant",
    "destroy",
] as const;

export type Step = (typeof STEPS)[number];

/** One run of a program. */
export interface Command {
    readonly program: string;
    readonly args: readonly string[];
    readonly cwd: string;
    readonly env: NodeJS.ProcessEnv;
    /** Text that it must print, where its exit code does not tell. */
    readonly shows?: string;
}

/** Cost of one command. */
export interface Measured extends Taken {
    readonly seconds: number;
    /** Requests that the node saw. */
    readonly requests: number;
}

/**
 * Who does the same work, in the order of the tables: this program by its own command, by the Pulumi CLI alone, and the
 * peer.
 */
export const SIDES = ["tenants", "pulumi", "peer"] as const;

export type SideName = (typeof SIDES)[number];

/** This program, in one of its ways. */
export type Way = Exclude<SideName, "peer">;

/** One of those that do the same work. */
export interface Side {
    readonly name: SideName;
    /** Brings the definitions back to what they are before the first step. */
    reset(): void;
    /** Makes the edit that a step is about, if any, and says what does the step. */
    command(step: Step): Command;
}

/** Runs a command to its end. @throws Error with what it printed where it fails. */
export async function measure(node: SimulatedNode, command: Command): Promise<Measured & { readonly output: string }> {
    const { program, args, cwd, env } = command;
    await node.forgetRequests();
    const started = performance.now();
    const child = spawn(program, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => (output += chunk));
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => (output += chunk));
    const sampler = new Sampler(child.pid!);
    const code = await new Promise<number | null>((resolve, reject) => {
        child.on("error", reject);
        child.on("close", resolve);
    });
    const seconds = (performance.now() - started) / 1000;
    const taken = sampler.stop();
    if (code !== 0 || !output.includes(command.shows ?? "")) {
        throw new Error(`${program} ${args.join(" ")} ended with ${code}:\n${output}`);
    }
    return { ...taken, seconds, requests: (await node.requests()).length, output };
}
