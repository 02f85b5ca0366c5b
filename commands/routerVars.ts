/** Writes the variables that the lab's deevnet.net collection makes a substrate's core router from. */
import { writeFileSync } from "node:fs";
import { dumpForAnsible } from "../model/ansibleYaml";
import { routerVars } from "../model/routerVars";
import { readYaml } from "../model/yamlFile";
import { FLAG, runCommand, TEXT } from "./command";
import { allowanceFault } from "./substrates";

const HELP = `usage: make router-vars SUBSTRATE=<name> [INPUT=<file>] [OUTPUT=<file>] [JSON=1]
Writes the complete variables of the core router for the lab's deevnet.net collection: VLANs, DHCP pools, policies
between zones, zones with internet. INPUT is the YAML that sets them now, and all of it is kept; without it they come
from the lab's VLAN table. Without OUTPUT they are printed. Exit 0; 1: faults or conflicts, nothing is written; 2: wrong usage.`;

const HEADER = (
    substrate: string,
) => `# Written by \`make router-vars SUBSTRATE=${substrate}\`: change the tenants' files, not this one.
# Complete: give it to the playbooks of deevnet.net as -e @<this file>, or put it in place of the file that sets the same.
`;

void runCommand(HELP, { input: TEXT, output: TEXT, json: FLAG, help: FLAG }, (substrate, { input, output, json }) => {
    const given = input === undefined ? undefined : readYaml(input, input, "ansible");
    const merged = routerVars(substrate, given, allowanceFault(substrate.name));
    const yaml = HEADER(substrate.name) + dumpForAnsible(merged.variables);
    const text = json ? `${JSON.stringify(merged.variables)}\n` : yaml;
    for (const key of merged.unclaimed) {
        console.error(
            `${key}: no tenant of ${substrate.name} has this zone; it is kept, since the router may still have it`,
        );
    }
    if (output === undefined) {
        process.stdout.write(text);
    } else {
        writeFileSync(output, text);
        console.error(`${output}: written`);
    }
});
