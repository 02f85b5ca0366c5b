import { requirePreflight } from "../node/preflight";
import { grantsOf, pveumCommands, TOKEN, USER } from "../substrate/role";
import type { Substrate } from "../substrate/substrate";
import { defineCommand, SUBSTRATE } from "./cli/definition";
import { answer, note } from "./cli/terminal";
import { loadOne } from "./shared/substrates";

export const command = defineCommand({
    name: "role",
    group: "set up",
    summary: "the pveum commands that give the program its token and roles",
    details:
        "Prints the pveum commands that make user, token and roles on each hypervisor of PVE 8.4, to be pasted there as root. " +
        "With --check it asks the hypervisors instead whether they are the substrate's own and the token holds all of it, and " +
        "says what it holds beyond that.",
    arguments: [SUBSTRATE],
    options: { check: { says: "ask the hypervisors whether the token holds them" } },
    output: "role",
    needs: [],
    example: "tenants role dvntm --check",
    exits: { 1: "the definitions have faults; with --check: the token lacks something, or a node cannot be asked" },
    async run({ args, options: { check } }) {
        const substrate = loadOne(args["substrate"]!);
        if (check) {
            (await requirePreflight(substrate)).forEach(note);
        }
        answer(asJson(substrate), () => (check ? "" : asCommands(substrate)));
    },
});

function asJson(substrate: Substrate) {
    return {
        substrate: substrate.name,
        hypervisors: substrate.hypervisors.map((hypervisor) => ({
            name: hypervisor.name,
            node: hypervisor.node,
            user: USER,
            token: TOKEN,
            grants: grantsOf(substrate, hypervisor),
        })),
    };
}

function asCommands(substrate: Substrate): string {
    const blocks = substrate.hypervisors.map((hypervisor) => [
        `# ${substrate.name} ${hypervisor.name}: as root on node ${hypervisor.node}, PVE 8.4`,
        ...pveumCommands(grantsOf(substrate, hypervisor)),
    ]);
    return blocks.map((lines) => lines.join("\n")).join("\n\n");
}
