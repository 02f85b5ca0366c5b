import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Hypervisor } from "../substrate/substrate";
import { HostError } from "./error";
import { inputOf, plan } from "./run";
import type { Secrets } from "./secrets";
import { runOnHost } from "./ssh";

/** One task of a baseline that would change something on its host. */
export interface HostDrift {
    /** Name of the hypervisor. */
    readonly hypervisor: string;
    /** Name of the task, as Ansible has it. */
    readonly task: string;
    /** What it would change: a difference, or the commands that it would run; empty where Ansible does not say. */
    readonly change: string;
}

/** Exit codes of host/ansible/runner.py, and of the shell around it. */
const AS_DECLARED = 0;
const WOULD_CHANGE = 2;
const NEVER_APPLIED = 9;

/**
 * Runs the baseline of a hypervisor with --check --diff on its host: the same runner and payload as an up. Nothing is
 * written, neither on the host, but in its memory, nor in the state.
 *
 * @param root folder of the project.
 * @param hypervisor one that has a baseline.
 * @returns what would change, in the order of the tasks; nothing for a host that is as declared.
 * @throws HostError where the host cannot be asked, or its check fails.
 */
export async function hostDrift(root: string, hypervisor: Hypervisor, secrets: Secrets): Promise<HostDrift[]> {
    const { name, baseline } = hypervisor;
    const { payload } = await plan(root, hypervisor, secrets);
    const archive = readFileSync(join(root, payload.file));
    const input = Buffer.concat([archive, Buffer.from(inputOf(hypervisor, secrets.variables, true))]);
    const { code, stdout, stderr } = await runOnHost(
        hypervisor,
        secrets,
        checkCommand(archive.length, baseline!.timeout),
        input,
        baseline!.timeout + 30,
    );
    if (code === NEVER_APPLIED) {
        return [{ hypervisor: name, task: "baseline", change: "it was never applied" }];
    }
    if (code !== AS_DECLARED && code !== WOULD_CHANGE) {
        throw new HostError(`${name}: the check of the baseline failed: ${stderr.trim()}`);
    }
    return changesIn(stdout).map(({ task, diff }) => ({ hypervisor: name, task, change: diff }));
}

/** The archive comes first on standard input, then what the runner reads; all of it lies on a tmpfs until the end. */
function checkCommand(bytes: number, timeout: number): string {
    return [
        `test -d /var/lib/deevnet && command -v ansible-playbook > /dev/null || exit ${NEVER_APPLIED}`,
        "folder=$(mktemp -d /run/deevnet-check.XXXXXX) || exit 1",
        `trap 'rm -rf "$folder"' EXIT`,
        `head -c ${bytes} | tar -x -C "$folder" && timeout -k 30 ${timeout} python3 "$folder/runner.py"`,
    ].join("\n");
}

function changesIn(stdout: string): { task: string; diff: string }[] {
    const last = stdout.trim().split("\n").at(-1)!;
    return (JSON.parse(last) as { changes: { task: string; diff: string }[] }).changes;
}
