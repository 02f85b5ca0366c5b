import { requirePreflight } from "../../node/preflight";
import { requireReady } from "../../substrate/ready";
import type { Substrate } from "../../substrate/substrate";
import { requirePassphrase, stateByDefault } from "../cli/environment";
import { Refusal } from "../cli/errors";
import { note, tell } from "../cli/terminal";
import { recoverStack } from "./recovery";
import { attempt, encryptedAs } from "../../state/client";
import type { Deployment } from "../../state/deployment";
import { releaseStack } from "../../state/locks";
import { hasState } from "../../state/reading/read";

/**
 * Makes sure that the stack of a substrate is there: it must be before its first preview.
 *
 * @returns what an interrupted run left of the state's files and was settled for it, in words.
 * @throws Refusal with what the CLI says of its failure, and where secrets would be encrypted with an empty passphrase.
 */
export function ensureStack(name: string): string[] {
    const state = stateByDefault();
    if (state !== undefined) {
        note(`state: ${state} (set PULUMI_BACKEND_URL, or run \`pulumi login\`, to keep it elsewhere)`);
    }
    requirePassphrase(name, state === undefined);
    // Every run names its stack: the CLI makes one that is not there, and says what is wrong with one that is.
    if (hasState(name) || trySelect(name) === undefined) {
        return [];
    }
    // Where the state's files are torn, Pulumi cannot even select the stack.
    const settled = releaseStack(name);
    const failed = trySelect(name);
    if (failed !== undefined) {
        throw new Refusal(failed);
    }
    return settled;
}

/** Message of the CLI's failure; undefined where it selected the stack. */
function trySelect(name: string): string | undefined {
    const { code, stderr } = attempt("stack", "select", "--create", name, ...encryptedAs(name), "--color", "never");
    return code === 0 ? undefined : stderr || `pulumi stack select ended with ${code}`;
}

/**
 * Makes sure of all that a run needs that changes something: complete definitions, a token that holds what it needs, and a
 * stack where an interrupted run left nothing behind.
 *
 * @returns the stack's state, as the run finds it.
 * @throws DefinitionError, Refusal or NodeError with what is missing; nothing was touched then.
 */
export async function prepareChange(substrate: Substrate, complete = true): Promise<Deployment> {
    if (complete) {
        requireReady(substrate);
    }
    await requirePreflight(substrate);
    const selected = ensureStack(substrate.name);
    const { deployment, notes } = await recoverStack(substrate);
    [...selected, ...notes].forEach((line) => tell(`recover: ${line}`));
    return deployment;
}
