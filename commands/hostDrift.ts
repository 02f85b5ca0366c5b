/** Says what Ansible would change on the hosts of a substrate, changing nothing: what `make host-drift` runs. */
import { resolve } from "node:path";
import { hostDrift, type HostDrift } from "../host/drift";
import { PRIVATE_KEY, SECRET_VARIABLES, secretsOf } from "../host/secrets";
import type { Substrate } from "../model/substrate";
import { FLAG, runCommand } from "./command";
import { pulumi } from "./pulumi";

const HELP = `usage: make host-drift SUBSTRATE=<name> [JSON=1]
Runs the baseline of each hypervisor's host with --check --diff: prints every task that would change something, and
changes nothing, neither on the host nor in the state.
Exit 0: the hosts are as declared, or have no baseline; 2: there is drift; 1: a host cannot be asked.`;

const DRIFT = 2;
const ROOT = resolve(__dirname, "..");

void runCommand(HELP, { help: FLAG, json: FLAG }, async (substrate, { json }) => {
    const drift = await hostDrift(ROOT, substrate, hostSecrets(substrate.name));
    console.log(json ? JSON.stringify(drift) : asText(substrate, drift));
    process.exitCode = drift.length === 0 ? 0 : DRIFT;
});

/** The stack's encrypted configuration; a stack without a state yet has none. */
function hostSecrets(stack: string) {
    const told = pulumi("config", "--show-secrets", "--json", "--stack", stack);
    const values = JSON.parse(told) as Record<string, { value?: string }>;
    return secretsOf({
        [PRIVATE_KEY]: values[PRIVATE_KEY]?.value,
        [SECRET_VARIABLES]: values[SECRET_VARIABLES]?.value,
    });
}

function asText({ hypervisors }: Substrate, drift: readonly HostDrift[]): string {
    return hypervisors
        .flatMap(({ name, baseline }) => {
            const own = drift.filter(({ hypervisor }) => hypervisor === name);
            if (baseline === undefined) {
                return [`${name}: no baseline is declared, so nothing of the host is looked at`];
            }
            return own.length === 0 ? [`${name}: as declared`] : own.flatMap(linesOf);
        })
        .join("\n");
}

function linesOf({ hypervisor, task, change }: HostDrift): string[] {
    const lines = change.split("\n").filter((line) => line !== "");
    return [`${hypervisor}: ${task}`, ...lines.map((line) => `    ${line}`)];
}
