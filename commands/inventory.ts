/** Writes a substrate's tenant VMs as an Ansible inventory in the lab's own host shape. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { dumpForAnsible } from "../model/ansibleYaml";
import { groupsOf, inventoryOf, type InventoryHost } from "../model/inventory";
import type { Substrate } from "../model/substrate";
import { readYaml } from "../model/yamlFile";
import { givenVars, zoneKeysOf } from "../model/zones";
import { FLAG, runCommand, TEXT } from "./command";

const HELP = `usage: make inventory SUBSTRATE=<name> [INPUT=<file>] [OUTPUT=<folder>] [JSON=1]
Writes the tenants' VMs as an Ansible inventory: tenants.yml with a group for each tenant, and host_vars/ with what the
lab's collections read of a host. INPUT is the YAML that sets deevnet_vlans, from which the zone keys come. Without
OUTPUT the inventory is printed as one file. Exit 0; 1: faults, nothing is written; 2: wrong usage.`;

/** Begins every file that is ours, so that one of a VM that is gone is known and removed. */
const headerOf = (substrate: string) =>
    `# Written by \`make inventory SUBSTRATE=${substrate}\`: change the tenants' files.\n`;

void runCommand(HELP, { input: TEXT, output: TEXT, json: FLAG, help: FLAG }, (substrate, { input, output, json }) => {
    const hosts = inventoryOf(substrate, keysOf(substrate, input));
    const whole = groupsOf(hosts, true);
    if (output !== undefined) {
        write(output, substrate.name, hosts);
    } else {
        console.log(json ? JSON.stringify(whole) : (headerOf(substrate.name) + dumpForAnsible(whole)).trimEnd());
    }
});

/** A flat network has no zones. */
function keysOf(substrate: Substrate, input: string | undefined): ReadonlyMap<string, string> {
    if (substrate.coreRouter.mode === "none") {
        return new Map();
    }
    const given = input === undefined ? undefined : readYaml(input, input, "ansible");
    return zoneKeysOf(substrate, givenVars(substrate, given));
}

function write(folder: string, substrate: string, hosts: readonly InventoryHost[]): void {
    const header = headerOf(substrate);
    const hostVars = join(folder, "host_vars");
    mkdirSync(hostVars, { recursive: true });
    const files = new Map(hosts.map(({ id, vars }) => [`${id}.yml`, header + dumpForAnsible(vars)]));
    for (const stale of readdirSync(hostVars).filter((file) => !files.has(file))) {
        if (readFileSync(join(hostVars, stale), "utf8").startsWith(header)) {
            rmSync(join(hostVars, stale));
        }
    }
    files.forEach((text, file) => writeFileSync(join(hostVars, file), text));
    writeFileSync(join(folder, "tenants.yml"), header + dumpForAnsible(groupsOf(hosts, false)));
    console.error(`${folder}: ${hosts.length} hosts written`);
}
