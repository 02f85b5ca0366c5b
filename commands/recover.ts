import { defineCommand, SUBSTRATE } from "./cli/definition";
import { answer } from "./cli/terminal";
import { recoverStack } from "./shared/recovery";
import { ensureStack } from "./shared/stack";
import { loadOne } from "./shared/substrates";

export const command = defineCommand({
    name: "recover",
    group: "daily",
    summary: "settle what an interrupted run left behind",
    details:
        "Settles a lock of a process that is gone, files of the state that were cut off, creations that Pulumi never heard the end of, VMs that a run made and " +
        "never heard of, and clones that were never configured nor started. VMs that hold anything are never touched. up, refresh, destroy and teardown do it by " +
        "themselves (docs/recover.md).",
    arguments: [SUBSTRATE],
    options: {},
    output: "recover",
    needs: ["pulumi"],
    example: "tenants recover dvntm",
    exits: { 1: "another run is under way, or the node cannot be asked" },
    async run({ args, quiet }) {
        const substrate = loadOne(args["substrate"]!);
        const settled = [...ensureStack(substrate.name), ...(await recoverStack(substrate)).notes];
        const lines = settled.length === 0 && !quiet ? ["nothing to recover"] : settled;
        answer({ substrate: substrate.name, settled }, () => lines.map((line) => `recover: ${line}`).join("\n"));
    },
});
