import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { dump, load } from "js-yaml";
import { PREFIX, stackFileOf } from "../definitions/stackFile";
import { loadSubstrate } from "../substrate/load";

/** Most tenants that VMs are spread over. */
export const MANY_TENANTS = 10;

/**
 * Puts small VMs, spread over ten tenants or as many as the plan has VLANs for, in place of a substrate's own, on hypervisors that
 * have room for them.
 *
 * @param root folder of a copied project.
 * @param allow what each tenant's file opens to the next one, as TCP ports; missing: nothing.
 */
export function defineMany(root: string, substrate: string, vms: number, allow?: string): void {
    const vlans = loadSubstrate({ root, substrate }).plan.vlans.slice(0, MANY_TENANTS);
    const folder = join(root, "tenants", substrate);
    rmSync(folder, { recursive: true });
    mkdirSync(folder);
    for (const [tenant, vlan] of vlans.entries()) {
        const count = Math.floor(vms / vlans.length) + (tenant < vms % vlans.length ? 1 : 0);
        if (count > 0) {
            const last = tenant + 1 === Math.min(vms, vlans.length);
            writeFileSync(join(folder, `bench${tenant}.yaml`), tenantOf(tenant, vlan, count, last ? undefined : allow));
        }
    }
    makeRoomy(root, substrate);
}

const HYPERVISORS = `${PREFIX}hypervisors`;
const ROOMY = { memory: "1024GiB", storage: "40TB", threads: 256 };

/**
 * Gives the hypervisors of a copied project room for many VMs.
 *
 * @param more further keys of each, such as the storage of its backups.
 */
export function makeRoomy(root: string, substrate: string, more: object = {}): void {
    const file = join(root, stackFileOf(substrate));
    const stack = load(readFileSync(file, "utf8")) as { readonly config: Record<string, unknown> };
    const hypervisors = stack.config[HYPERVISORS] as Readonly<Record<string, object>>;
    const roomy = Object.entries(hypervisors).map(
        ([name, one]) => [name, { ...one, hardware: ROOMY, ...more }] as const,
    );
    stack.config[HYPERVISORS] = Object.fromEntries(roomy);
    writeFileSync(file, dump(stack, { lineWidth: -1 }));
}

function tenantOf(tenant: number, vlan: number, vms: number, allow: string | undefined): string {
    const list = Array.from(
        { length: vms },
        (_, i) => `  - { name: vm${i + 1}, instance: ${i + 1}, memory: 512MiB, cores: 1 }\n`,
    );
    const opening =
        allow === undefined
            ? ""
            : `allow:\n  - { to: bench${tenant + 1}, protocol: tcp, ports: "${allow}", why: the next one }\n`;
    return `name: bench${tenant}\nvlan: ${vlan}\n${opening}vms:\n${list.join("")}`;
}
