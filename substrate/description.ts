import type { WorkloadVm } from "./substrate";

/** Description of a VM on its node: its file's, and that the rest is declared. */
export function descriptionOf({ description, fqdn, tenant }: WorkloadVm): string {
    const purpose = description === "" ? "" : `${description}\n\n`;
    return `${purpose}${fqdn}, declared in tenant ${tenant}: changes by hand are undone.`;
}
