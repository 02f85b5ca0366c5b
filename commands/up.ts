import { outputsTable } from "../report/outputsTable";
import { outputsOf } from "../state/client";
import { defineCommand, POLICY, SUBSTRATE } from "./cli/definition";
import { compareWithFiles } from "./cli/environment";
import { EXIT, exitOfPulumi } from "./cli/exit";
import { answer, width } from "./cli/terminal";
import { policyArguments } from "./shared/policy";
import { looksOnly, runPulumi } from "./cli/pulumi";
import { holdings, requireUnguarded, tellReleased, tellWhatGoes } from "./shared/release";
import { requireRenamable } from "./shared/renames";
import { prepareChange } from "./shared/stack";
import { loadOne } from "./shared/substrates";

export const command = defineCommand({
    name: "up",
    group: "daily",
    summary: "make nodes, hosts and router as the files say",
    details:
        "Checks definitions and token, settles what an interrupted run left behind, runs pulumi up, held to the policy pack " +
        "(docs/policy.md), and prints the VMs with their addresses and names as a table. Of tenants that the stack has and no " +
        "file declares any more it says what goes, and afterwards what was released and whether anything is left. What stands " +
        "behind -- is Pulumi's, such as --diff.",
    arguments: [SUBSTRATE],
    options: { yes: { says: "do not ask after the preview" }, policy: POLICY },
    output: "up",
    further: true,
    needs: ["pulumi"],
    example: "tenants up dvntm -- --diff",
    exits: { 1: "it was refused, Pulumi could not, or something is left" },
    async run(request) {
        const { options, further } = request;
        compareWithFiles();
        const substrate = loadOne(request.args["substrate"]!);
        const deployment = await prepareChange(substrate);
        const held = policyArguments(options.policy);
        requireRenamable(substrate, deployment);
        const stays = new Set(substrate.tenants.flatMap(({ name, formerly }) => [name, formerly]));
        const leaving = await holdings(substrate, deployment, (tenant) => !stays.has(tenant));
        requireUnguarded(leaving);
        tellWhatGoes(substrate, leaving);
        const flags = ["--stack", substrate.name, "--suppress-outputs", ...held, ...(options.yes ? ["--yes"] : [])];
        const { code, changes } = await runPulumi(request, substrate, "up", ...flags, ...further);
        const clean = await tellReleased(substrate, leaving);
        if (code === 0 && !looksOnly(further)) {
            const outputs = outputsOf(substrate.name);
            answer({ substrate: substrate.name, changes, outputs }, () =>
                outputsTable(substrate.name, outputs, width()),
            );
        } else {
            answer({ substrate: substrate.name, changes });
        }
        return code === 0 && !clean ? EXIT.failed : exitOfPulumi(code);
    },
});
