import type { Hypervisor, Substrate, WorkloadVm } from "./substrate";

/** Tags of other tools on a VM that the stack file keeps, of those that it has; a tag that marks a tenant's VM is never one. */
export function keptTags(
    { tenants }: Substrate,
    { keepTags }: Hypervisor,
    vm: WorkloadVm,
    found: readonly string[],
): string[] {
    const marks = ["tenant", ...tenants.map(({ name }) => name), ...vm.tags];
    const others = found.map((tag) => tag.toLowerCase()).filter((tag) => !marks.includes(tag));
    return others.filter((tag) => keepTags.some((kept) => fits(tag, kept.toLowerCase())));
}

/** Whether a tag is the one that is kept, or begins as it does up to its asterisk. */
function fits(tag: string, kept: string): boolean {
    return kept.endsWith("*") ? tag.startsWith(kept.slice(0, -1)) : tag === kept;
}

/** Tags as PVE keeps them: lower case, unless its datacentre asks for another style, and sorted (PVE/GuestHelpers.pm, get_unique_tags). */
export function tagsOf(tags: readonly string[]): string[] {
    return [...new Set(tags.map((tag) => tag.toLowerCase()))].sort();
}
