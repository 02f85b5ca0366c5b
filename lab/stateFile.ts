import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Workspace } from "./workspace";
import type { Deployment } from "../state/deployment";

/** File in which a workspace's stack is kept, with the operations that are under way; undefined where the backend is no folder. */
export function stateFile({ variables, stack }: Workspace): string | undefined {
    const backend = variables["PULUMI_BACKEND_URL"] ?? "";
    return backend.startsWith("file:")
        ? join(fileURLToPath(backend), ".pulumi/stacks/tenant-hypervisors", `${stack}.json`)
        : undefined;
}

/** Journal of a run on a workspace's stack, beside its state in a folder. */
export function journalFile(workspace: Workspace): string {
    return join(dirname(stateFile(workspace)!), "../../..", "journal", `${workspace.stack}.jsonl`);
}

/** The deployment in the text of such a file. */
export function deploymentIn(text: string): Deployment {
    const { checkpoint } = JSON.parse(text) as { checkpoint: { latest?: Deployment } };
    return checkpoint.latest ?? {};
}

/** The state of a workspace's stack, read without a run of the CLI; an empty one where no run made any. The backend is a folder. */
export function deploymentOf(workspace: Workspace): Deployment {
    const file = stateFile(workspace)!;
    return existsSync(file) ? deploymentIn(readFileSync(file, "utf8")) : {};
}
