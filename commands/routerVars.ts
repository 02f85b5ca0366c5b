import { dumpForAnsible } from "../definitions/ansibleYaml";
import { routerVars } from "../router/export/routerVars";
import { readGivenYaml } from "../definitions/read";
import { defineCommand, SUBSTRATE } from "./cli/definition";
import { writeText } from "./cli/files";
import { answer, note } from "./cli/terminal";
import { allowanceFault, loadOne } from "./shared/substrates";

const HEADER = (
    substrate: string,
) => `# Written by \`tenants router-vars ${substrate}\`: change the tenants' files, not this one.
# Complete: give it to the playbooks of deevnet.net as -e @<this file>, or put it in place of the file that sets the same.
`;

export const command = defineCommand({
    name: "router-vars",
    group: "set up",
    summary: "the core router's variables for the site's Ansible collection",
    details:
        "The complete variables of the core router for the site's deevnet.net collection: VLANs, DHCP pools, policies between " +
        "zones, zones with internet. Without --output they are printed.",
    arguments: [SUBSTRATE],
    options: {
        input: {
            says: "YAML that sets them now, all of which is kept; without it they come from the site's VLAN table",
            value: "file",
            kind: "file",
        },
        output: { says: "write them into this file", value: "file", kind: "file" },
    },
    output: "router-vars",
    needs: [],
    example: "tenants router-vars dvntm --input now.yml --output next.yml",
    exits: { 1: "faults or conflicts; nothing is written" },
    run({ args, options: { input, output }, json }) {
        const substrate = loadOne(args["substrate"]!);
        const given = input === undefined ? undefined : readGivenYaml(input, "ansible");
        const { variables, unclaimed } = routerVars(substrate, given, allowanceFault(substrate.name));
        const { name } = substrate;
        unclaimed.forEach((key) =>
            note(`${key}: no tenant of ${name} has this zone; it is kept, since the router may still have it`),
        );
        const yaml = HEADER(name) + dumpForAnsible(variables);
        if (output !== undefined) {
            writeText(output, json ? `${JSON.stringify(variables)}\n` : yaml);
            note(`${output}: written`);
        }
        answer(variables, () => (output === undefined ? yaml.trimEnd() : ""));
    },
});
