import { spawn, spawnSync } from "node:child_process";
import { environmentFor } from "../definitions/childEnvironment";
import { definitions } from "../definitions/project/read";
import { Refusal } from "../definitions/refusal";
import { NODES_ALONE, WITH_ROUTER } from "../substrate/nodesAlone";
import { checkedDeployment, ON_NODES, ROUTER, type Deployment } from "./deployment";
import { LISTENING, listening } from "./events/read";

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

/** A preview of a substrate's nodes alone. */
export interface NodesPreview {
    readonly steps: PreviewStep[];
    /** URNs of what it read from the nodes and found as the state has it. */
    readonly asKept: ReadonlySet<string>;
}

/**
 * Steps of a preview of a substrate's nodes alone, read from the nodes and written nowhere: neither the core router nor a
 * host is asked. What stays as it is is among them, with what the state has of it.
 *
 * @param refresh whether the nodes are read; else the state counts for what is there.
 * @throws Refusal with what the CLI says of its failure.
 */
export function previewNodes(stack: string, refresh = true): Promise<NodesPreview> {
    return preview(stack, [`--refresh=${refresh}`, "--exclude", ROUTER_RESOURCES], "1");
}

/**
 * Steps of a preview of a substrate's nodes and core router beside the state, which asks the router nothing: how each resource is
 * declared.
 *
 * @throws Refusal with what the CLI says of its failure.
 */
export async function previewDeclared(stack: string): Promise<PreviewStep[]> {
    return (await preview(stack, ["--refresh=false"], WITH_ROUTER)).steps;
}

/** @param alone value of NODES_ALONE. */
async function preview(stack: string, further: readonly string[], alone: string): Promise<NodesPreview> {
    const flags = ["--show-sames", "--json", "--non-interactive", ...further, "--stack", stack];
    const [{ stdout, stderr, code }, { asKept }] = await listening((log) =>
        run(["preview", ...flags, "--event-log", log], { [NODES_ALONE]: alone, ...LISTENING }),
    );
    const { steps = [], diagnostics = [] } = previewOf(stdout);
    if (code !== 0) {
        const errors = diagnostics.filter(({ severity }) => severity === "error").map(({ message }) => message);
        throw new Refusal(errors.map(asTold).join("\n") || stderr.trim() || `pulumi preview ended with ${code}`);
    }
    return { steps, asKept };
}

/** URNs of what the stack writes to the core router: a refresh must not read them either. */
const ROUTER_RESOURCES = "**pulumi-nodejs:dynamic/router**";

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

/** An error as a person needs it: the CLI begins each with its severity. */
function asTold(message: string): string {
    return message.replace(/^error: /, "").trim();
}

/** Runs a command of the Pulumi CLI without a terminal, while others run. */
function run(args: readonly string[], extra: NodeJS.ProcessEnv): Promise<Ended> {
    return new Promise((done, reject) => {
        const env = { ...environmentFor("pulumi"), ...extra };
        const child = spawn("pulumi", args, { cwd: definitions(), env, stdio: ["ignore", "pipe", "pipe"] });
        const said = { stdout: "", stderr: "" };
        child.stdout.setEncoding("utf8").on("data", (chunk: string) => (said.stdout += chunk));
        child.stderr.setEncoding("utf8").on("data", (chunk: string) => (said.stderr += chunk));
        child.on("error", reject);
        child.on("close", (code) => done({ ...said, code }));
    });
}

/** A resource before or after a step of a preview, as `pulumi preview --json` tells of it. */
export interface PreviewState {
    readonly type: string;
    readonly id?: string;
    /** As it was declared. */
    readonly inputs?: Properties;
    /** As the provider read it, after a refresh. */
    readonly outputs?: Properties;
}

export type Properties = Readonly<Record<string, unknown>>;

/** One step of a preview: what an up would do to a resource. */
export interface PreviewStep {
    readonly op: string;
    readonly urn: string;
    /** As it is; missing for one that would be made. */
    readonly oldState?: PreviewState;
    /** As it was declared; missing for one that would be taken away. */
    readonly newState?: PreviewState;
    /** Each property that differs, by its path, such as `disks[0].size`. */
    readonly detailedDiff?: Readonly<Record<string, { readonly kind: string }>> | null;
}

/** Steps that would change something; those of a refresh, and the halves of a replacement, tell nothing more. */
const CHANGING = ["create", "update", "replace", "delete"];

/** The steps of a preview that would change something on the nodes, one for each resource. */
export function changesIn(steps: readonly PreviewStep[]): PreviewStep[] {
    return steps.filter(
        (step) => CHANGING.includes(step.op) && ON_NODES.some((type) => stateOf(step).type.startsWith(type)),
    );
}

/** Steps of a preview that would find nothing to do: each resource is declared as the state has it. */
export function stepsOfNone({ resources = [] }: Deployment): PreviewStep[] {
    return resources
        .filter(({ type }) => !type.startsWith(ROUTER))
        .map((one) => ({ op: "same", urn: one.urn, oldState: one, newState: one }));
}

/** A resource as it was declared, else, where it was not, as it is. */
export function stateOf({ newState, oldState }: PreviewStep): PreviewState {
    return newState ?? oldState!;
}
