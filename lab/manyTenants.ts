import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** As many tenants as a site has VLANs for. */
export const MANY_TENANTS = 10;

/**
 * Puts small VMs, spread over ten tenants, in place of a substrate's own, on a hypervisor that has room for them.
 *
 * @param root folder of a copied project.
 * @param allow what each tenant's file opens to the next one, as TCP ports; missing: nothing.
 */
export function defineMany(root: string, substrate: string, vms: number, allow?: string): void {
    const folder = join(root, "tenants", substrate);
    rmSync(folder, { recursive: true });
    mkdirSync(folder);
    for (let tenant = 0; tenant < MANY_TENANTS; tenant++) {
        const count = Math.floor(vms / MANY_TENANTS) + (tenant < vms % MANY_TENANTS ? 1 : 0);
        if (count > 0) {
            writeFileSync(
                join(folder, `bench${tenant}.yaml`),
                tenantOf(tenant, count, tenant + 1 < Math.min(vms, MANY_TENANTS) ? allow : undefined),
            );
        }
    }
    makeRoomy(root, substrate);
}

/** Gives the hypervisor of a copied project room for many VMs. */
export function makeRoomy(root: string, substrate: string): void {
    const stack = join(root, `Pulumi.${substrate}.yaml`);
    const roomy = readFileSync(stack, "utf8")
        .replace("32GiB", "1024GiB")
        .replace("1TB", "40TB")
        .replace("threads: 8", "threads: 256");
    writeFileSync(stack, roomy);
}

function tenantOf(tenant: number, vms: number, allow: string | undefined): string {
    const list = Array.from(
        { length: vms },
        (_, i) => `  - { name: vm${i + 1}, instance: ${i + 1}, memory: 512MiB, cores: 1 }\n`,
    );
    const opening =
        allow === undefined
            ? ""
            : `allow:\n  - { to: bench${tenant + 1}, protocol: tcp, ports: "${allow}", why: the next one }\n`;
    return `name: bench${tenant}\nvlan: ${50 + tenant}\n${opening}vms:\n${list.join("")}`;
}
