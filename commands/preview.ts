import { defineCommand, POLICY, SUBSTRATE } from "./cli/definition";
import { compareWithFiles } from "./cli/environment";
import { EXIT, exitOfPulumi } from "./cli/exit";
import { answer, note } from "./cli/terminal";
import { REFRESH } from "./shared/comparison";
import { policyArguments } from "./shared/policy";
import { runPulumi } from "./cli/pulumi";
import { compareOrEnd, idleBy, spared } from "./shared/settled";
import { ensureStack } from "./shared/stack";
import { loadOne } from "./shared/substrates";

export const command = defineCommand({
    name: "preview",
    group: "daily",
    summary: "show what an up would change, changing nothing",
    details:
        "Runs pulumi preview, held to the policy pack (docs/policy.md). Where nothing on nodes and router changed since the " +
        "last run, they are not read in full, and tenants for which there is nothing to do are left alone (docs/state.md). Arguments after -- go to Pulumi, such as --diff. " +
        "Nothing is changed, except that a substrate without a stack gets one.",
    arguments: [SUBSTRATE],
    options: {
        policy: POLICY,
        refresh: REFRESH,
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
        ensureStack(substrate.name).forEach((line) => note(`recover: ${line}`));
        const held = policyArguments(options.policy);
        const expected = options["expect-no-changes"] ? ["--expect-no-changes"] : [];
        const compared = await compareOrEnd(substrate, options.refresh, { held, further });
        if (compared.ended !== undefined) {
            answer({ substrate: substrate.name, changes: compared.ended });
            return EXIT.done;
        }
        const { flags, environment } = spared(compared);
        const asked = ["--stack", substrate.name, ...held, ...expected, ...flags, ...further];
        const ran = await runPulumi({ ...request, environment }, substrate, "preview", ...asked);
        compared.keepFound(ran, idleBy(ran, held));
        const { code, changes } = ran;
        answer({ substrate: substrate.name, changes });
        return exitOfPulumi(code);
    },
});
