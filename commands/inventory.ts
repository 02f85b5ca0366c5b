import { join } from "node:path";
import { dumpForAnsible } from "../definitions/ansibleYaml";
import { groupsOf, inventoryOf, type InventoryHost } from "../router/export/inventory";
import { namesTold } from "../router/names/told";
import type { Substrate } from "../substrate/substrate";
import { readGivenYaml } from "../definitions/read";
import { givenVars, zoneKeysOf } from "../router/export/zones";
import { defineCommand, SUBSTRATE } from "./cli/definition";
import { writeFolder, writeText } from "./cli/files";
import { answer, note } from "./cli/terminal";
import { recordedIfAny } from "./shared/identities";
import { withoutReapedIfAny } from "./shared/lifetimes";
import { loadOne } from "./shared/substrates";

/** Begins every file that is ours, so that one of a VM that is gone is known and removed. */
const headerOf = (substrate: string) => `# Written by \`tenants inventory ${substrate}\`: change the tenants' files.\n`;

/** Header that earlier releases wrote. */
const earlierHeaderOf = (substrate: string) =>
    `# Written by \`tenants inventory ${substrate}\`: change the tenants' files.\n`;

export const command = defineCommand({
    name: "inventory",
    group: "look",
    summary: "print the VMs as an Ansible inventory, or write it into a folder",
    details:
        "The tenants' VMs as an Ansible inventory in the site's own host shape: tenants.yml with a group for each tenant, and " +
        "host_vars/ with what the site's collections read of a host. Without --output it is printed as one file.",
    arguments: [SUBSTRATE],
    options: {
        input: { says: "YAML that sets deevnet_vlans, from which the zone keys come", value: "file", kind: "file" },
        output: { says: "write the files into this folder", value: "folder", kind: "folder" },
    },
    output: "inventory",
    needs: [],
    example: "tenants inventory dvntm --output inventory",
    exits: { 1: "faults; nothing is written" },
    run({ args, options: { input, output } }) {
        const substrate = recordedIfAny(withoutReapedIfAny(loadOne(args["substrate"]!)));
        const told = namesTold(substrate);
        if (told !== undefined) {
            note(told);
        }
        const hosts = inventoryOf(substrate, keysOf(substrate, input));
        if (output !== undefined) {
            write(output, substrate.name, hosts);
        }
        const whole = groupsOf(hosts, true);
        answer(whole, () => (output === undefined ? (headerOf(substrate.name) + dumpForAnsible(whole)).trimEnd() : ""));
    },
});

/** A flat network has no zones. */
function keysOf(substrate: Substrate, input: string | undefined): ReadonlyMap<string, string> {
    if (substrate.coreRouter.mode === "none") {
        return new Map();
    }
    const given = input === undefined ? [] : [readGivenYaml(input, "ansible")];
    return zoneKeysOf(substrate, givenVars(substrate, given, ["deevnet_vlans"]));
}

function write(folder: string, substrate: string, hosts: readonly InventoryHost[]): void {
    const header = headerOf(substrate);
    const files = new Map(hosts.map(({ id, vars }) => [`${id}.yml`, header + dumpForAnsible(vars)]));
    const ours = (text: string) => [header, earlierHeaderOf(substrate)].some((begin) => text.startsWith(begin));
    writeFolder(join(folder, "host_vars"), files, ours);
    writeText(join(folder, "tenants.yml"), header + dumpForAnsible(groupsOf(hosts, false)));
    note(`${folder}: ${hosts.length} hosts written`);
}
