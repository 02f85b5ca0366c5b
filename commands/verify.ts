import { join } from "node:path";
import { mismatchesOf } from "../proof/findings";
import { asPage } from "../report/proofPage";
import { asText } from "../report/proofText";
import type { Substrate, Tenant } from "../substrate/substrate";
import { suggestion } from "../definitions/suggest";
import { jsonIn, requireShape, UnexpectedAnswerError } from "../definitions/answers";
import { jobsOf, verificationOf, type VmAnswer, type VmJob } from "../proof/verification";
import { defineCommand, SUBSTRATE, TENANT } from "./cli/definition";
import { Refusal, shown, UsageError } from "./cli/errors";
import { readText, writeText } from "./cli/files";
import { EXIT } from "./cli/exit";
import { answer, note } from "./cli/terminal";
import { recordedIfAny } from "./shared/identities";
import { loadOne } from "./shared/substrates";
import { runPython } from "./shared/ssh";
import { stampOf } from "./shared/stamp";
import { nameOfVm } from "../substrate/identity";

const SCRIPT = join(__dirname, "shared", "guestProbe.py");

/** How long a probe inside a VM may take, in seconds, and ssh to connect. */
const PATIENCE_SECONDS = 3;

/** Bounds of all that runs in one VM: its probes run side by side, and a thousand of them print some 10 kB. */
const BOUNDS = { seconds: 300, bytes: 4 * 2 ** 20 };

/** After how many seconds it is said which VM is waited for. */
const WORD_SECONDS = 10;

export const command = defineCommand({
    name: "verify",
    group: "set up",
    summary: "measure inside a tenant's real VMs, over SSH, that its walls hold",
    details:
        "Runs probes inside each of the tenant's VMs over SSH and compares with what the tenants' files declare; it changes " +
        "nothing. docs/verify-tenants.md says what it needs.",
    arguments: [SUBSTRATE, TENANT],
    options: {
        addresses: { says: "of VMs whose address neither files nor state tell", value: "tenant/vm=address ..." },
        "ssh-config": { says: "for ssh -F", value: "file", kind: "file" },
        output: {
            says: "write a page to keep: what is open, the matrix as a picture, date and commit",
            value: "file",
            kind: "file",
        },
    },
    output: "proof",
    needs: [],
    example: "tenants verify dvntm grooveiq --addresses grooveiq/api-vm01=10.20.50.101",
    exits: { 0: "all as declared", 1: "a VM could not be asked", 2: "mismatches" },
    async run({ args, options }) {
        const began = Date.now();
        const loaded = loadOne(args["substrate"]!);
        tenantOf(loaded, args["tenant"]!);
        const substrate = recordedIfAny(loaded);
        const tenant = tenantOf(substrate, args["tenant"]!);
        const { jobs, unknown } = jobsOf(substrate, tenant, addressesIn(options.addresses ?? ""));
        if (unknown.length > 0) {
            const names = unknown.join(", ");
            note(
                `not asked, since neither files nor state tell their address (--addresses 'name=address ...'): ${names}`,
            );
        }
        if (jobs.length === 0) {
            throw new Refusal(`no VM of ${tenant.name} has an address that is known: nothing was measured.`);
        }
        const { told, failed } = await askAll(jobs, options["ssh-config"]);
        const proof = verificationOf(substrate, told, Math.round((Date.now() - began) / 1000));
        if (options.output !== undefined) {
            writeText(options.output, asPage(proof, stampOf(loaded.name)));
        }
        const mismatches = mismatchesOf(proof);
        answer({ ...proof, mismatches }, () => asText(proof));
        if (failed.length > 0) {
            throw new Refusal(failed.map(({ message }) => message).join("\n"));
        }
        return mismatches.length === 0 ? EXIT.done : EXIT.differences;
    },
});

async function askAll(jobs: readonly VmJob[], config: string | undefined) {
    const asked = await Promise.allSettled(jobs.map(async (job) => ({ job, answer: await ask(job, config) })));
    return {
        told: asked.flatMap((one) => (one.status === "fulfilled" ? [one.value] : [])),
        failed: asked.flatMap((one) => (one.status === "rejected" ? [one.reason as Error] : [])),
    };
}

function tenantOf({ tenants }: Substrate, name: string): Tenant {
    const known = tenants.map((tenant) => tenant.name);
    const tenant = tenants.find((one) => one.name === name);
    if (tenant === undefined) {
        throw new UsageError(`${name} is no tenant here${suggestion(name, known)}; allowed: ${known.join(", ")}`);
    }
    return tenant;
}

function addressesIn(text: string): ReadonlyMap<string, string> {
    return new Map(
        text
            .split(/\s+/)
            .filter((part) => part !== "")
            .map((part) => {
                const [, name, address] = /^([^=]+\/[^=]+)=([0-9.]+)$/.exec(part) ?? [];
                if (name === undefined || address === undefined) {
                    throw new UsageError(`--addresses: ${shown(part)} is not as grooveiq/api-vm01=10.20.50.101`);
                }
                return [name, address] as const;
            }),
    );
}

/** Runs the script in a VM. @throws Refusal with what ssh said where it cannot, and with what came where that is no result. */
async function ask(job: VmJob, config: string | undefined): Promise<VmAnswer> {
    const { vm, address, checks, names } = job;
    const asked = {
        probes: checks.map(({ probe }) => probe),
        names: names.map(([name]) => name),
        patience: PATIENCE_SECONDS,
    };
    // A JSON text within a JSON text is a Python literal, too.
    const program = `import json\nJOB = json.loads(${JSON.stringify(JSON.stringify(asked))})\n${readText(SCRIPT)}`;
    const host = vm.user === undefined ? address : `${vm.user.name}@${address}`;
    const waits = `waiting for ${nameOfVm(vm)} (ssh to ${host}), at most ${BOUNDS.seconds} s`;
    const word = setTimeout(() => note(waits), WORD_SECONDS * 1000);
    const { code, stdout, stderr, broken } = await runPython(host, program, config, BOUNDS);
    clearTimeout(word);
    if (broken !== undefined) {
        throw new Refusal(
            `${nameOfVm(vm)}: ssh to ${host} was ended: ${broken}. See what the VM does, and run it again.`,
        );
    }
    if (code !== 0) {
        const said = stderr.trim().split("\n").at(-1) ?? "";
        throw new Refusal(
            `${nameOfVm(vm)}: ssh to ${host} ended with ${code}: ${said}\n` +
                "Check that `ssh` to it works without a question, and that python3 and ping are there.",
        );
    }
    return answerIn(job, host, stdout);
}

/** The result that a VM printed. A VM is its tenant's, so that anything may stand there. */
function answerIn({ vm, checks, names }: VmJob, host: string, printed: string): VmAnswer {
    try {
        const answer = jsonIn(printed);
        requireShape("vm", answer, "result");
        const { answers, names: found } = answer as VmAnswer;
        if (answers.length !== checks.length || found.length !== names.length) {
            const [got, wanted] = [answers.length + found.length, checks.length + names.length];
            throw new UnexpectedAnswerError(`${got} answers came to ${wanted} questions`);
        }
        return answer as VmAnswer;
    } catch (error) {
        throw error instanceof UnexpectedAnswerError
            ? new Refusal(
                  `${nameOfVm(vm)}: what ssh to ${host} printed is not a result: ${error.message}. This VM is left out; ` +
                      `see what \`ssh ${host} true\` prints, which must be nothing.`,
              )
            : error;
    }
}
