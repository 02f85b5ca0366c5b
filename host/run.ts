import { createHash, scryptSync } from "node:crypto";
import { parseHostFacts, type HostFacts } from "./facts";
import type { Baseline, Hypervisor } from "../substrate/substrate";
import { HostError } from "./error";
import { pack, type Payload } from "./payload/read";
import { hostScript } from "./read";
import type { Secrets } from "./secrets";
import { runOnHost, type Login } from "./ssh";

/** One run of a baseline, before anything is sent. */
export interface Plan {
    readonly payload: Payload;
    /** Standard input of the runner; holds the secret variables. */
    readonly input: string;
    /** Says what the run would make of the host: another one for another payload, variables or revision. */
    readonly digest: string;
}

/** Where everything of the program lies on a host. */
export const HOST_FOLDER = "/var/lib/deevnet/baseline";

/** Plans a run on a hypervisor that has a baseline. @throws HostError where the payload cannot be packed. */
export async function plan(root: string, hypervisor: Hypervisor, secrets: Secrets): Promise<Plan> {
    const baseline = hypervisor.baseline!;
    const payload = await pack(root, baseline);
    const secret = JSON.stringify(secrets.variables);
    const open = JSON.stringify([
        payload.hash,
        inputOf(hypervisor, {}),
        baseline.revision,
        baseline.timeout,
        Buffer.from(hostScript(root, "bootstrap.sh")).toString("base64"),
    ]);
    // A secret may be short, so that its hash in the state must be slow to guess.
    const slow =
        secret === "{}" ? "" : scryptSync(secret, `${hypervisor.name} ${hypervisor.ssh.host}`, 32).toString("hex");
    const digest = createHash("sha256").update(`${open}\n${slow}`).digest("hex").slice(0, 16);
    return { payload, input: inputOf(hypervisor, secrets.variables), digest };
}

/** Standard input of the runner. @param check whether it only looks. */
export function inputOf({ name, baseline }: Hypervisor, secret: Secrets["variables"], check = false): string {
    const { role, variables, playbook, tags } = baseline!;
    const names = Object.keys(secret);
    return JSON.stringify({
        host: name,
        variables: { ...variables, ...secret, tenant_hypervisor: role },
        // The runner masks their values in all that it prints.
        ...(names.length > 0 && { secret: names }),
        playbooks: [{ name: "baseline.yml" }, ...(playbook === undefined ? [] : [{ name: playbook, tags }])],
        check,
    });
}

/** Name of one run on the host: what it makes of it, and how often that was begun anew. */
export function runName(digest: string, generation: number): string {
    return `${digest}-${generation}`;
}

/** Unpacks what was sent, if it came whole, and runs it: never longer than the baseline's timeout. */
export function applyCommand({ timeout }: Baseline, { hash }: Payload, run: string): string {
    const steps = [
        `cd ${HOST_FOLDER}`,
        `echo "${hash}  ${run}.tar" | sha256sum -c --quiet`,
        `mkdir -p ${run}`,
        `tar -xf ${run}.tar -C ${run}`,
        `exec python3 ${run}/runner.py`,
    ];
    return `timeout -k 30 ${timeout} sh -c '${steps.join(" && ")}'`;
}

/** Seconds that the host may take to tell its facts. */
const FACTS_SECONDS = 30;

/** Facts of a host, asked over SSH, reading only. @throws HostError where it cannot be asked. */
export async function hostFacts(root: string, hypervisor: Hypervisor, login: Login): Promise<HostFacts> {
    const { bridge, datastore, name } = hypervisor;
    const command = `timeout -k 2 ${FACTS_SECONDS - 5} sh -s -- ${bridge} ${datastore}`;
    const { stdout, stderr } = await runOnHost(hypervisor, login, command, hostScript(root, "facts.sh"), FACTS_SECONDS);
    try {
        return parseHostFacts(stdout);
    } catch (error) {
        const told = error instanceof RangeError ? error.message : String(error);
        throw new HostError(`${name}: ${told} ${stderr.trim()}`.trim());
    }
}
