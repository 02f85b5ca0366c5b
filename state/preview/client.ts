import { spawn } from "node:child_process";
import { environmentFor } from "../../definitions/childEnvironment";
import { definitions } from "../../definitions/project/read";
import { Refusal } from "../../definitions/refusal";
import { NODES_ALONE, WITH_ROUTER } from "../../substrate/nodesAlone";
import type { Ended } from "../client";
import { ON_NODES, ROUTER, type Deployment } from "../deployment";
import { LISTENING, listening } from "../events/read";
import { sparing, type Spared } from "../spared";

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
export function previewNodes(
    stack: string,
    refresh = true,
    { flags, environment }: Spared = { flags: [], environment: {} },
): Promise<NodesPreview> {
    const all = [`--refresh=${refresh}`, "--exclude", ROUTER_RESOURCES, ...flags];
    return preview(stack, all, { ...environment, [NODES_ALONE]: "1" });
}

/**
 * Steps of a preview of a substrate's nodes and core router beside the state, which asks the router nothing: how each resource is
 * declared.
 *
 * @throws Refusal with what the CLI says of its failure.
 */
export async function previewDeclared(stack: string): Promise<PreviewStep[]> {
    return (await preview(stack, ["--refresh=false"], { [NODES_ALONE]: WITH_ROUTER })).steps;
}

/** @param environment variables of the program. */
async function preview(
    stack: string,
    further: readonly string[],
    environment: Spared["environment"],
): Promise<NodesPreview> {
    const flags = ["--show-sames", "--json", "--non-interactive", ...further, "--stack", stack];
    const [{ stdout, stderr, code }, { asKept }] = await listening((log) =>
        run(["preview", ...flags, "--event-log", log], {
            ...environment,
            ...LISTENING,
            ...sparing(stack, flags),
        }),
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
