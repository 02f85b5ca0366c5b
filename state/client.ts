import { spawnSync } from "node:child_process";
import { environmentFor } from "../definitions/childEnvironment";
import { definitions, keyServiceOf } from "../definitions/project/read";
import { Refusal } from "../definitions/refusal";
import { checkedDeployment, type Deployment } from "./deployment";

/** How a command of the Pulumi CLI ended, without a terminal. */
export interface Ended {
    /** Exit code; null for one that was killed, or could not be started. */
    readonly code: number | null;
    readonly stdout: string;
    readonly stderr: string;
}

/** Runs a command of the Pulumi CLI without a terminal, however it ends. */
export function attempt(...args: string[]): Ended {
    return told("", args);
}

/** @param input what the command reads from its standard input. */
function told(input: string, args: readonly string[]): Ended {
    const { status, stdout, stderr, error } = spawnSync("pulumi", [...args, "--non-interactive"], {
        cwd: definitions(),
        encoding: "utf8",
        env: environmentFor("pulumi state"),
        input,
        maxBuffer: 2 ** 30,
    });
    return { code: status, stdout: stdout ?? "", stderr: (error?.message ?? stderr).trim() };
}

/**
 * Standard output of a command of the Pulumi CLI, without a terminal.
 *
 * @throws Refusal with what the CLI says of its failure.
 */
export function pulumi(...args: string[]): string {
    return succeeded(attempt(...args), args);
}

function succeeded({ code, stdout, stderr }: Ended, args: readonly string[]): string {
    if (code !== 0) {
        throw new Refusal(stderr || `pulumi ${args.slice(0, 2).join(" ")} ended with ${code}`);
    }
    return stdout;
}

/**
 * URL of the backend that Pulumi keeps its states in: the variable's, which the CLI takes before anything else, and gives back
 * as it is (GetCurrentCloudURL in pkg/workspace/creds.go, originalURL in pkg/backend/diy/backend.go).
 *
 * @throws Refusal where the CLI has to be asked, and cannot reach it.
 */
export function stateBackend(): string {
    const chosen = process.env["PULUMI_BACKEND_URL"];
    if (chosen) {
        return chosen;
    }
    return (asked ??= (JSON.parse(pulumi("whoami", "--verbose", "--json")) as { url: string }).url);
}

/** Words by which a command that may make a stack has its secrets encrypted as its stack file says. */
export function encryptedAs(stack: string): string[] {
    const service = keyServiceOf(stack);
    return service === undefined ? [] : ["--secrets-provider", service];
}

/** The CLI's answer, for which it takes a third of a second; no process changes it. */
let asked: string | undefined;

/** A stack as `pulumi stack export` gives it. */
export interface Exported {
    readonly deployment: Deployment;
}

/** The state of a stack. @throws Refusal where there is none that can be read. */
export function exportStack(stack: string): Exported {
    const exported = JSON.parse(pulumi("stack", "export", "--stack", stack)) as Exported;
    return { ...exported, deployment: checkedDeployment(stack, exported.deployment) };
}

/**
 * Puts a state in the place of a stack's. It goes by standard input, as it may hold a secret in plain text, which the CLI encrypts.
 *
 * @throws Refusal with what the CLI says of its failure.
 */
export function importState(stack: string, state: Exported): void {
    const args = ["stack", "import", "--stack", stack];
    succeeded(told(JSON.stringify(state), args), args);
}

/** One value of a stack's configuration; an object is its JSON. */
export interface ConfigValue {
    readonly value?: string;
    readonly secret?: boolean;
}

/** A stack's configuration by the full names of its values, secrets in plain text. @throws Refusal where it cannot be read. */
export function configurationOf(stack: string): Readonly<Record<string, ConfigValue>> {
    const text = pulumi("config", "--show-secrets", "--json", "--stack", stack);
    return JSON.parse(text) as Record<string, ConfigValue>;
}
