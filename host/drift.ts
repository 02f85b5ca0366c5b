import { THERE, type Finding } from "../substrate/findings";
import type { Hypervisor } from "../substrate/substrate";
import { HostError } from "./error";
import { readPayload } from "./payload/read";
import { inputOf, plan } from "./run";
import type { Secrets } from "./secrets";
import { runOnHost } from "./ssh";

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
 * @returns the tasks that would change something, in their order, each with the difference or the commands that it would run as
 * what is found; none for a host that is as declared.
 * @throws HostError where the host cannot be asked, or its check fails.
 */
export async function hostDrift(root: string, hypervisor: Hypervisor, secrets: Secrets): Promise<Finding[]> {
    const { name, baseline } = hypervisor;
    const { payload } = await plan(root, hypervisor, secrets);
    const archive = readPayload(root, payload);
    const input = Buffer.concat([archive, Buffer.from(inputOf(hypervisor, secrets.variables, true))]);
    const { code, stdout, stderr } = await runOnHost(
        hypervisor,
        secrets,
        checkCommand(archive.length, baseline!.timeout),
        input,
        baseline!.timeout + 30,
    );
    if (code === NEVER_APPLIED) {
        return [taskFinding(name, "baseline", "it was never applied")];
    }
    if (code !== AS_DECLARED && code !== WOULD_CHANGE) {
        throw new HostError(`${name}: the check of the baseline failed: ${stderr.trim()}`);
    }
    return changesIn(stdout).map(({ task, diff }) => taskFinding(name, task, diff));
}

function taskFinding(hypervisor: string, task: string, found: string): Finding {
    const place = { kind: "host", name: hypervisor } as const;
    return {
        place,
        subject: { kind: "task", id: task },
        declared: THERE,
        found,
        settle: { by: "baseline", hypervisor },
    };
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
