import type { Substrate } from "../substrate/substrate";
import { defineCommand, SUBSTRATE } from "./cli/definition";
import { compareWithFiles } from "./cli/environment";
import { EXIT, exitOfPulumi } from "./cli/exit";
import { answer, tell } from "./cli/terminal";
import { confirm, requireName } from "./cli/confirm";
import { looksOnly, runPulumi } from "./cli/pulumi";
import { compare, REFRESH } from "./shared/comparison";
import { holdings, neverHeld, requireUnguarded, tellReleased, tellWhatGoes } from "./shared/release";
import { prepareChange } from "./shared/stack";
import { loadOne } from "./shared/substrates";

export const command = defineCommand({
    name: "destroy",
    group: "daily",
    summary: "take every tenant of a substrate away",
    details:
        "Shows what goes, asks for the substrate's name (--yes answers for a script), runs pulumi destroy, and says what was " +
        "released and whether anything is left. What the code did not declare stays. Arguments after -- go to Pulumi.",
    arguments: [SUBSTRATE],
    options: { yes: { says: "say the substrate's name without being asked", value: "substrate" } },
    output: "released",
    further: true,
    needs: ["pulumi"],
    example: "tenants destroy dvntm --yes=dvntm",
    exits: { 1: "another name was typed, it was refused, Pulumi could not, or something is left" },
    async run(request) {
        const { options, further } = request;
        requireName(request.args["substrate"]!, options.yes);
        compareWithFiles();
        const substrate = loadOne(request.args["substrate"]!);
        const deployment = await prepareChange(substrate, false);
        const looks = looksOnly(further);
        const held = looks ? [] : await holdings(substrate, deployment, () => true);
        requireUnguarded(held);
        tellWhatGoes(substrate, held);
        if (!looks) {
            await confirm(`All of ${substrate.name} goes.`, substrate.name, options.yes);
        }
        // The name was the answer that Pulumi would ask for after its preview.
        const answered = looks || further.includes("--yes") ? [] : ["--yes"];
        const { unchanged } = await compare(substrate, REFRESH.default, { further, whole: true });
        const flags = ["--stack", substrate.name, ...answered, ...(unchanged ? ["--refresh=false"] : []), ...further];
        const { code, changes } = await runPulumi(request, substrate, "destroy", ...flags);
        const clean = await tellReleased(substrate, held, looks || code !== 0 ? [] : neverHeld(substrate, held));
        if (!looks) {
            tellKept(substrate);
        }
        answer({ substrate: substrate.name, changes, clean });
        return code === 0 && !clean ? EXIT.failed : exitOfPulumi(code);
    },
});

/** Says which hosts stay configured. */
function tellKept({ hypervisors }: Substrate): void {
    for (const { name, ssh, baseline } of hypervisors) {
        if (baseline !== undefined) {
            tell(`${name}: the host ${ssh.host} stays configured: a baseline is never undone.`);
        }
    }
}
