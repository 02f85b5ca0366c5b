/** Runs `pulumi preview` with the policy pack: what `make preview` calls. */
import { FLAG, runCommand, TEXT } from "./command";
import { policyArguments } from "./policy";
import { runPulumi } from "./pulumi";

const HELP = `usage: make preview SUBSTRATE=<name> [POLICY=off] [ARGS=...]
Runs pulumi preview, held to the policy pack (docs/policy.md) unless POLICY=off; ARGS such as --diff are Pulumi's.
Exit 0; 1: the definitions have faults, a rule is broken, or as Pulumi ends; 2: wrong usage.`;

void runCommand(HELP, { policy: TEXT, help: FLAG }, async (substrate, { policy }, further) => {
    const held = policyArguments(policy);
    process.exitCode = await runPulumi("preview", "--stack", substrate.name, ...held, ...further);
});
