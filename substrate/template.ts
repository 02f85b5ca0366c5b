import type { TemplateChoice } from "./substrate";

/** Names of the image factory's templates: for tenants, and for the substrate's own VMs with the automation account. */
export const TENANT_PREFIX = "fedora-tenant-";
export const SUBSTRATE_PREFIX = "fedora-server-";

/** A template as the node lists it. */
export interface Template {
    readonly vmid: number;
    readonly name: string;
    /** When it was made, in seconds since 1970, where PVE was asked and tells. */
    readonly created?: number;
}

/**
 * The template that a hypervisor's or a VM's choice means.
 *
 * @throws RangeError when there is none, or no single one, naming node, choice and what is there.
 */
export function chooseTemplate(templates: readonly Template[], choice: TemplateChoice, node: string): Template {
    return "prefix" in choice
        ? newestTemplate(templates, choice.prefix, node)
        : namedTemplate(templates, choice.name, node);
}

/** Templates among which only the time of their making decides: none where a choice means one by its name or version. */
export function rivalsOf(templates: readonly Template[], choice: TemplateChoice): readonly Template[] {
    const same = "prefix" in choice ? newestOf(templates, choice.prefix) : named(templates, choice.name);
    return same.length > 1 ? same : [];
}

function named(templates: readonly Template[], name: string): Template[] {
    return templates.filter((template) => template.name === name);
}

function namedTemplate(templates: readonly Template[], name: string, node: string): Template {
    const same = named(templates, name);
    if (same.length === 0) {
        throw new RangeError(
            `node ${node} has no template named ${name}; ${inventory(templates)}. ` +
                "Build it with the image factory, or correct the name.",
        );
    }
    return lastMade(same, (first, second) => `node ${node} has two templates named ${name}: ${first} and ${second}`);
}

/**
 * The newest template of a prefix: the one with the highest version behind it, which is made of numbers alone. So 44-1.10
 * is newer than 44-1.9, and 44-1.10-test is none. Of one version the template that was made last counts, as when the image
 * factory builds it again. The VMID says nothing: a rebuilt template gets whatever is free.
 *
 * @throws RangeError when no name fits or nothing tells two apart, naming node, prefix and what is there.
 */
export function newestTemplate(templates: readonly Template[], prefix: string, node: string): Template {
    const newest = newestOf(templates, prefix);
    if (newest.length === 0) {
        throw new RangeError(
            `${noneOf(templates, prefix, node)}; ${inventory(templates)}. ${mendOf(templates, prefix)}`,
        );
    }
    return lastMade(
        newest,
        (first, second) => `node ${node} has two newest templates for the prefix ${prefix}: ${first} and ${second}`,
    );
}

function noneOf(templates: readonly Template[], prefix: string, node: string): string {
    return templates.some(({ name }) => name.startsWith(prefix))
        ? `node ${node} has no template whose name is ${prefix} and a version of numbers alone`
        : `node ${node} has no template whose name begins with ${prefix}`;
}

function mendOf(templates: readonly Template[], prefix: string): string {
    return templates.some(({ name }) => name.startsWith(prefix))
        ? "Rename it, or say it by template.name."
        : "Build it with the image factory, or correct template.prefix.";
}

/** Templates of the highest version of a prefix; several where only the time of their making tells them apart. */
function newestOf(templates: readonly Template[], prefix: string): Template[] {
    const versions = templates.flatMap((template) => {
        const version = versionOf(template.name, prefix);
        return version === undefined ? [] : [{ template, version }];
    });
    const [newest] = versions.map(({ version }) => version).sort((a, b) => compareVersions(b, a));
    return versions.filter(({ version }) => compareVersions(version, newest!) === 0).map(({ template }) => template);
}

/** Version behind a prefix, as its numbers; undefined for a name that is anything else. */
function versionOf(name: string, prefix: string): number[] | undefined {
    const tail = name.startsWith(prefix) ? name.slice(prefix.length) : undefined;
    if (tail === undefined || !/^([.-]?\d+([.-]\d+)*)?$/.test(tail)) {
        return undefined;
    }
    return (tail.match(/\d+/g) ?? []).map(Number);
}

/** Compares by number, place by place; of two that begin alike the longer is the higher. */
function compareVersions(a: readonly number[], b: readonly number[]): number {
    const at = a.findIndex((part, index) => part !== b[index]);
    return at === -1 ? a.length - b.length : a[at]! - (b[at] ?? -1);
}

/** The one that was made last. @throws RangeError where PVE does not tell. */
function lastMade(templates: readonly Template[], twoOf: (first: string, second: string) => string): Template {
    const [last, next] = [...templates].sort((a, b) => (b.created ?? 0) - (a.created ?? 0));
    if (next !== undefined && (next.created ?? 0) === (last!.created ?? 0)) {
        const [first, second] = [last!, next].sort((a, b) => a.vmid - b.vmid);
        throw new RangeError(
            `${twoOf(describe(first!), describe(second!))}. Nothing tells which was made later: rename one, or say one by ` +
                "template.name.",
        );
    }
    return last!;
}

function inventory(templates: readonly Template[]): string {
    return templates.length === 0 ? "there is no template at all" : `there is ${templates.map(describe).join(", ")}`;
}

function describe(template: Template): string {
    return `${template.name} (${template.vmid})`;
}
