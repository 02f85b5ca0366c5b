import { join } from "node:path";
import { freeVlans, openablePlace, vlansText, vmidOf } from "../substrate/plan";
import type { Substrate } from "../substrate/substrate";
import { tenantFile } from "../definitions/read";
import { defineCommand, SUBSTRATE } from "./cli/definition";
import { definitions } from "./cli/environment";
import { Refusal } from "./cli/errors";
import { writeNew } from "./cli/files";
import { answer, note } from "./cli/terminal";
import { loadOne } from "./shared/substrates";

export const command = defineCommand({
    name: "new",
    group: "set up",
    summary: "write a tenant's file with the next free VLAN",
    details:
        "Writes tenants/<substrate>/<tenant>.yaml with one small VM, the next free VLAN and the other keys as comments. " +
        "A name or VLAN that is taken is refused, and so is a file that would make the definitions faulty.",
    arguments: [SUBSTRATE, { name: "tenant", kind: "tenant", says: "name of the tenant: a DNS label" }],
    options: {
        vlan: { says: "this VLAN rather than the next free one", value: "1-4094", kind: "number", bounds: [1, 4094] },
    },
    output: "new",
    needs: [],
    example: "tenants new dvntm sandbox",
    exits: { 1: "the name or the VLAN is taken, or no VLAN is free; nothing is written" },
    run({ args, options: { vlan: wanted } }) {
        const tenant = args["tenant"]!;
        const substrate = loadOne(args["substrate"]!);
        const vlan = vlanOf(substrate, wanted);
        const taken = tenantFile(definitions(), substrate.name, tenant);
        if (taken !== undefined) {
            throw new Refusal(`${taken} is there already: nothing was written`);
        }
        const file = `tenants/${substrate.name}/${tenant}.yaml`;
        write(file, textOf(substrate, tenant, vlan), substrate.name);
        answer({ substrate: substrate.name, tenant, vlan, file }, () => file);
        note(`VLAN ${vlan}; next: edit it, then tenants validate ${substrate.name}, tenants up ${substrate.name}`);
    },
});

function vlanOf({ name, plan, tenants }: Substrate, wanted: string | undefined): number {
    const owners = new Map(tenants.map((tenant) => [tenant.segment.vlan, tenant.name]));
    const free = freeVlans(plan, [...owners.keys()]);
    if (wanted !== undefined) {
        const vlan = Number(wanted);
        if (owners.has(vlan)) {
            throw new Refusal(`VLAN ${vlan} is ${owners.get(vlan)}'s on ${name}; free: ${free.join(", ")}`);
        }
        if (!plan.vlans.includes(vlan)) {
            throw new Refusal(`VLAN ${vlan} is no tenant's on ${name} (network.vlans); free: ${free.join(", ")}`);
        }
        return vlan;
    }
    if (free[0] === undefined) {
        throw new Refusal(`no VLAN of ${vlansText(plan)} is free on ${name}: nothing was written`);
    }
    return free[0];
}

/** Writes the file, and takes it away again where the definitions have faults with it. */
function write(file: string, text: string, substrate: string): void {
    const takeAway = writeNew(join(definitions(), file), text);
    try {
        loadOne(substrate);
    } catch (error) {
        takeAway();
        throw error instanceof Refusal ? new Refusal(`${error.message}\nnothing was written`) : error;
    }
}

function textOf({ plan }: Substrate, name: string, vlan: number): string {
    return `# yaml-language-server: $schema=../../schemas/tenant.schema.json
name: ${name}
# description: what the tenant is for
vlan: ${vlan}
vms:
  - name: vm01
    # 1 to ${plan.vmids.step - 1}, never given to another VM: VMID ${vmidOf(plan, vlan, 1)}, MAC and a fixed address come from it.
    instance: 1
    memory: 1GiB
    # cores: 2
    # disk: 32GiB
    # aliases: [www]
# What the tenant may reach beside DNS, time, ${[...plan.reach.map((one) => `the segment ${one}`), "the internet"].join(" and ")}:
# allow:
#   - {to: ${openablePlace(plan)}, protocol: tcp, ports: "8883", why: sensors}
`;
}
