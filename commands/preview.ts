import { defineCommand, POLICY, SUBSTRATE } from "./cli/definition";
import { compareWithFiles } from "./cli/environment";
import { exitOfPulumi } from "./cli/exit";
import { answer, note } from "./cli/terminal";
import { policyArguments } from "./shared/policy";
import { runPulumi } from "./cli/pulumi";
import { selectStack } from "./shared/stack";
import { loadOne } from "./shared/substrates";

export const command = defineCommand({
    name: "preview",
    group: "daily",
    summary: "show what an up would change, changing nothing",
    details:
        "Runs pulumi preview, held to the policy pack (docs/policy.md). What stands behind -- is Pulumi's, such as --diff. " +
        "Nothing is changed but that a substrate without a stack gets one.",
    arguments: [SUBSTRATE],
    options: {
        policy: POLICY,
        "expect-no-changes": { says: "where anything would change, end with 2" },
    },
    output: "changes",
    further: true,
    needs: ["pulumi"],
    example: "tenants preview dvntm -- --diff",
    exits: {
        1: "the definitions have faults, a rule is broken, or Pulumi could not",
        2: "with --expect-no-changes: something would change",
    },
    async run(request) {
        const { options, further } = request;
        compareWithFiles();
        const substrate = loadOne(request.args["substrate"]!);
        selectStack(substrate.name).forEach((line) => note(`recover: ${line}`));
        const held = policyArguments(options.policy);
        const expected = options["expect-no-changes"] ? ["--expect-no-changes"] : [];
        const { code, changes } = await runPulumi(
            request,
            substrate,
            "preview",
            "--stack",
            substrate.name,
            ...held,
            ...expected,
            ...further,
        );
        answer({ substrate: substrate.name, changes });
        return exitOfPulumi(code);
    },
});
