import { outputsTable } from "../report/outputsTable";
import { stackOutputsIn, type Deployment } from "../state/deployment";
import type { Holdings } from "../state/holdings";
import { identifiedBy } from "../state/identities";
import { readState } from "../state/reading/read";
import type { StackOutputs } from "../substrate/outputs";
import type { Substrate } from "../substrate/substrate";
import { defineCommand, POLICY, SUBSTRATE } from "./cli/definition";
import { compareWithFiles } from "./cli/environment";
import { EXIT, exitOfPulumi } from "./cli/exit";
import { answer, width } from "./cli/terminal";
import { REFRESH, type Comparison, type Idle } from "./shared/comparison";
import { policyArguments } from "./shared/policy";
import { looksOnly, runPulumi, type PulumiRun } from "./cli/pulumi";
import { holdings, requireUnguarded, tellReleased, tellWhatGoes } from "./shared/release";
import { requireRenamable } from "./shared/renames";
import { RunSnapshots } from "./shared/snapshots";
import { compareOrEnd, idleBy, spared } from "./shared/settled";
import { prepareChange } from "./shared/stack";
import { loadOne } from "./shared/substrates";

export const command = defineCommand({
    name: "up",
    group: "daily",
    summary: "make nodes, hosts and router as the files say",
    details:
        "Checks definitions and token, settles what an interrupted run left behind, runs pulumi up, held to the policy pack " +
        "(docs/policy.md), and prints the VMs with their addresses and names as a table. For tenants whose file is gone " +
        "it says what goes, and afterwards what was released and whether anything is left. Where nothing on " +
        "nodes and router changed since the last run, they are not read in full, and tenants for which there is nothing to do are left " +
        "alone (docs/state.md). A VM with `snapshot: before-change` that " +
        "a change restarts, and whose `health` gate stays closed then, is put back on the snapshot from before it. Arguments after -- go to Pulumi, such as --diff.",
    arguments: [SUBSTRATE],
    options: { yes: { says: "do not ask after the preview" }, policy: POLICY, refresh: REFRESH },
    output: "up",
    further: true,
    needs: ["pulumi"],
    example: "tenants up dvntm -- --diff",
    exits: { 1: "it was refused, Pulumi could not, something is left, or a VM was put back on its snapshot" },
    async run(request) {
        const { options, further } = request;
        compareWithFiles();
        const substrate = loadOne(request.args["substrate"]!);
        const deployment = await prepareChange(substrate);
        const held = policyArguments(options.policy);
        const leaving = await leavingOf(substrate, deployment);
        const compared = await compareOrEnd(substrate, options.refresh, { held, further });
        if (compared.ended !== undefined) {
            answerOutputs({ substrate: substrate.name, changes: compared.ended }, deployment);
            return EXIT.done;
        }
        const looks = looksOnly(further);
        const snapshots = looks ? undefined : await RunSnapshots.begin(identifiedBy(substrate, deployment));
        const { flags, environment } = spared(compared);
        const asked = [...held, ...(options.yes ? ["--yes"] : []), ...flags, ...further];
        const words = ["up", "--stack", substrate.name, "--suppress-outputs", ...asked];
        const ran = await runPulumi({ ...request, environment }, substrate, ...words);
        keepIdle(compared, idleBy(ran, held));
        const { code, changes } = ran;
        const clean = await tellReleased(substrate, leaving);
        const rolledBack = (await snapshots?.end(code === 0)) ?? [];
        const told = { substrate: substrate.name, changes, ...(rolledBack.length > 0 && { rolledBack }) };
        if (code === 0 && !looks) {
            answerOutputs(told, readState(substrate.name));
        } else {
            answer(told);
        }
        return code === 0 && (!clean || rolledBack.length > 0) ? EXIT.failed : exitOfPulumi(code);
    },
});

/** Tenants whose file is gone, once it was said what goes with them. @throws Refusal where one may not go, or be renamed. */
async function leavingOf(substrate: Substrate, deployment: Deployment): Promise<Holdings[]> {
    requireRenamable(substrate, deployment);
    const stays = new Set(substrate.tenants.flatMap(({ name, formerly }) => [name, formerly]));
    const leaving = await holdings(substrate, deployment, (tenant) => !stays.has(tenant));
    requireUnguarded(leaving);
    tellWhatGoes(substrate, leaving);
    return leaving;
}

function keepIdle(compared: Comparison, idle: Idle | undefined): void {
    if (idle !== undefined) {
        compared.keepWritten(idle);
    }
}

/** @param deployment the stack's state after the run. */
function answerOutputs(
    told: Pick<PulumiRun, "changes"> & { readonly substrate: string },
    deployment: Deployment,
): void {
    const outputs = stackOutputsIn(deployment) as unknown as StackOutputs;
    answer({ ...told, outputs }, () => outputsTable(told.substrate, outputs, width()));
}
