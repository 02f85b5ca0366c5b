/** Runs `pulumi up`, and tells before and after it of the tenants that go with it: what `make up` calls. */
import { outputsTable } from "../model/outputs";
import { FLAG, runCommand, TEXT } from "./command";
import { policyArguments } from "./policy";
import { looksOnly, outputsOf, runPulumi } from "./pulumi";
import { holdings, tellReleased, tellWhatGoes } from "./release";

const HELP = `usage: make up SUBSTRATE=<name> [POLICY=off] [ARGS=...]
Runs pulumi up, held to the policy pack (docs/policy.md) unless POLICY=off, and prints the VMs with their addresses and
names as a table; all outputs are in pulumi stack output --json (docs/outputs.md). Of tenants that the stack has and no file
declares any more it says what goes, and afterwards what was released and whether anything is left.
Exit 0; 1: something is left, or as Pulumi ends; 2: wrong usage.`;

void runCommand(HELP, { policy: TEXT, help: FLAG }, async (substrate, { policy }, further) => {
    const held = policyArguments(policy);
    const stays = new Set(substrate.tenants.flatMap(({ name, formerly }) => [name, formerly]));
    const leaving = await holdings(substrate, (tenant) => !stays.has(tenant));
    tellWhatGoes(substrate, leaving);
    const code = await runPulumi("up", "--stack", substrate.name, "--suppress-outputs", ...held, ...further);
    const clean = await tellReleased(substrate, leaving);
    if (code === 0 && !looksOnly(further)) {
        console.log(outputsTable(substrate.name, outputsOf(substrate.name)));
    }
    process.exitCode = code === 0 && !clean ? 1 : code;
});
