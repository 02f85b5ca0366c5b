/** Destroys a whole substrate once its name was typed, and tells of each tenant what was released: `make destroy`. */
import type { Substrate } from "../model/substrate";
import { FLAG, runCommand, TEXT } from "./command";
import { confirm } from "./confirm";
import { looksOnly, runPulumi } from "./pulumi";
import { holdings, tellReleased, tellWhatGoes } from "./release";

const HELP = `usage: make destroy SUBSTRATE=<name> [YES=<name>] [ARGS=...]
Takes every tenant of the substrate away: shows what goes, asks for the substrate's name (YES says it for a script), runs
pulumi destroy, and says what was released and whether anything is left. What the code did not declare stays.
Exit 0; 1: another name was typed, something is left, or as Pulumi ends; 2: no terminal and no YES, or else wrong usage.`;

void runCommand(HELP, { yes: TEXT, help: FLAG }, async (substrate, { yes }, further) => {
    const looks = looksOnly(further);
    const held = looks ? [] : await holdings(substrate, () => true);
    tellWhatGoes(substrate, held);
    if (!looks) {
        await confirm(`All of ${substrate.name} goes.`, substrate.name, yes);
    }
    // The name was the answer that Pulumi would ask for after its preview.
    const answered = looks || further.includes("--yes") ? [] : ["--yes"];
    const code = await runPulumi("destroy", "--stack", substrate.name, ...answered, ...further);
    const clean = await tellReleased(substrate, held);
    if (!looks) {
        tellKept(substrate);
    }
    process.exitCode = code === 0 && !clean ? 1 : code;
});

/** Says which hosts stay configured. */
function tellKept({ hypervisors }: Substrate): void {
    for (const { name, ssh, baseline } of hypervisors) {
        if (baseline !== undefined) {
            console.log(`${name}: the host ${ssh.host} stays configured: a baseline is never undone.`);
        }
    }
}
