/** Runs `pulumi up`, and tells before and after it of the tenants that go with it: what `make up` calls. */
import { outputsTable } from "../model/outputs";
import { runCommand, FLAG } from "./command";
import { looksOnly, outputsOf, runPulumi } from "./pulumi";
import { holdings, tellReleased, tellWhatGoes } from "./release";

const HELP = `usage: make up SUBSTRATE=<name> [ARGS=...]
Runs pulumi up, and prints the VMs with their addresses and names as a table; all of the stack's outputs are in
pulumi stack output --json (docs/outputs.md). Of tenants that the stack has and no file declares any more it says what goes, and afterwards what was
released and whether anything is left.
Exit 0; 1: something is left, or as Pulumi ends; 2: wrong usage.`;

void runCommand(HELP, { help: FLAG }, async (substrate, _values, further) => {
    const stays = new Set(substrate.tenants.flatMap(({ name, formerly }) => [name, formerly]));
    const leaving = await holdings(substrate, (tenant) => !stays.has(tenant));
    tellWhatGoes(substrate, leaving);
    const code = await runPulumi("up", "--stack", substrate.name, "--suppress-outputs", ...further);
    const clean = await tellReleased(substrate, leaving);
    if (code === 0 && !looksOnly(further)) {
        console.log(outputsTable(substrate.name, outputsOf(substrate.name)));
    }
    process.exitCode = code === 0 && !clean ? 1 : code;
});
