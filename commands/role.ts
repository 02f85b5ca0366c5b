/**
 * Prints the commands that give the program its user, token and roles on each hypervisor of a substrate. With --check it
 * asks the hypervisors instead whether they are the substrate's own and the token holds them.
 */
import { grantsOf, pveumCommands, TOKEN, USER } from "../model/role";
import type { Substrate } from "../model/substrate";
import { unfit } from "../node/unfit";
import { FLAG, Refusal, runCommand } from "./command";

const HELP = `usage: make role SUBSTRATE=<name> [JSON=1]
Prints the pveum commands that make user, token and roles on each hypervisor of PVE 8.4, to be pasted there as root.
Exit 0; 1: the definitions have faults; 2: wrong usage.`;

void runCommand(HELP, { json: FLAG, help: FLAG, check: FLAG }, async (substrate, { json, check }) => {
    if (check) {
        await refuseWhatLacks(substrate);
    } else {
        console.log(json ? JSON.stringify(asJson(substrate)) : asCommands(substrate));
    }
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

/** @throws Refusal where a node is another one than it must be or the token lacks something, NodeError where one cannot be asked. */
async function refuseWhatLacks(substrate: Substrate): Promise<void> {
    const wrong = await unfit(substrate);
    if (wrong.length > 0) {
        throw new Refusal(wrong.join("\n"));
    }
}
