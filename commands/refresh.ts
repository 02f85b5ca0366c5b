import { defineCommand, SUBSTRATE } from "./cli/definition";
import { exitOfPulumi } from "./cli/exit";
import { answer } from "./cli/terminal";
import { runPulumi } from "./cli/pulumi";
import { compare, REFRESH } from "./shared/comparison";
import { prepareChange } from "./shared/stack";
import { loadOne } from "./shared/substrates";

export const command = defineCommand({
    name: "refresh",
    group: "daily",
    summary: "take what is on the nodes into the state",
    details:
        "Checks definitions and token, settles what an interrupted run left behind, and runs pulumi refresh. With --preview-only " +
        "it only looks, as drift does with more to tell. Arguments after -- go to Pulumi.",
    arguments: [SUBSTRATE],
    options: {
        yes: { says: "do not ask after the preview" },
        "preview-only": { says: "say what differs from the state, and write nothing" },
    },
    output: "changes",
    further: true,
    needs: ["pulumi"],
    example: "tenants refresh dvntm --preview-only",
    exits: { 1: "it was refused, or Pulumi could not" },
    async run(request) {
        const { options, further } = request;
        const substrate = loadOne(request.args["substrate"]!);
        await prepareChange(substrate);
        const flags = [options.yes && "--yes", options["preview-only"] && "--preview-only"].filter(
            (flag) => flag !== false,
        );
        const compared = await compare(substrate, REFRESH.default, { further });
        const { code, changes } = await runPulumi(
            request,
            substrate,
            "refresh",
            "--stack",
            substrate.name,
            ...flags,
            ...further,
        );
        if (code === 0 && !options["preview-only"]) {
            compared.keepWritten();
        }
        answer({ substrate: substrate.name, changes });
        return exitOfPulumi(code);
    },
});
