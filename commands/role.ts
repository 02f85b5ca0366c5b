/**
 * Prints the commands that give the program its user, token and roles on each hypervisor of a substrate. With --check it
 * asks the hypervisors instead whether they are the substrate's own and the token holds them.
 */
import { parseArgs } from "node:util";
import { grantsOf, pveumCommands, TOKEN, USER } from "../model/role";
import type { Substrate } from "../model/substrate";
import { NodeError } from "../node/client";
import { misplaced } from "../node/identity";
import { tokenLacks } from "../node/permissions";
import { loadAll } from "./substrates";

const HELP = `usage: make role SUBSTRATE=<name> [JSON=1]
Prints the pveum commands that make user, token and roles on each hypervisor of PVE 8.4, to be pasted there as root.
Exit 0; 1: the definitions have faults.`;

async function main(): Promise<number> {
    const flag = { type: "boolean", default: false } as const;
    const options = { json: flag, help: flag, check: flag };
    const { values, positionals } = parseArgs({ allowPositionals: true, options });
    if (values.help) {
        console.log(HELP);
        return 0;
    }
    let good = true;
    for (const one of loadAll(positionals)) {
        if (one.substrate === undefined) {
            console.error(one.text);
            good = false;
        } else if (values.check) {
            good = (await check(one.substrate)) && good;
        } else {
            console.log(values.json ? JSON.stringify(asJson(one.substrate)) : asCommands(one.substrate));
        }
    }
    return good ? 0 : 1;
}

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

/** True if the nodes are the substrate's own and nothing is missing; else what is stands on standard error, and nothing was touched. */
async function check(substrate: Substrate): Promise<boolean> {
    try {
        // What a wrong node grants says nothing.
        const misplacements = await misplaced(substrate);
        const wrong = misplacements.length > 0 ? misplacements : await tokenLacks(substrate);
        wrong.forEach((line) => console.error(line));
        return wrong.length === 0;
    } catch (error) {
        if (error instanceof NodeError) {
            console.error(error.message);
            return false;
        }
        throw error;
    }
}

void main().then((code) => (process.exitCode = code));
