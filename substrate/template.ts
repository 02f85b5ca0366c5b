import type { TemplateChoice } from "./substrate";

/** A template as the node lists it. */
export interface Template {
    readonly vmid: number;
    readonly name: string;
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

function namedTemplate(templates: readonly Template[], name: string, node: string): Template {
    const [found, second] = templates.filter((t) => t.name === name);
    if (found === undefined) {
        throw new RangeError(
            `node ${node} has no template named ${name}; ${inventory(templates)}. ` +
                "Build it with the image factory, or correct the name.",
        );
    }
    if (second !== undefined) {
        throw new RangeError(
            `node ${node} has two templates named ${name}: ${describe(found)} and ${describe(second)}. Remove one.`,
        );
    }
    return found;
}

/**
 * The newest template whose name begins with a prefix; versions in the names compare by number, so 44-1.10 is newer
 * than 44-1.9. The VMID says nothing: the image factory gives a rebuilt template whatever is free.
 *
 * @throws RangeError when no name matches or two newest are equal, naming node, prefix and what is there.
 */
export function newestTemplate(templates: readonly Template[], prefix: string, node: string): Template {
    const matching = templates.filter((t) => t.name.startsWith(prefix)).sort(newestFirst);
    const [newest, next] = matching;
    if (newest === undefined) {
        throw new RangeError(
            `node ${node} has no template whose name begins with ${prefix}; ${inventory(templates)}. ` +
                "Build it with the image factory, or correct template.prefix.",
        );
    }
    if (next !== undefined && newestFirst(newest, next) === 0) {
        throw new RangeError(
            `node ${node} has two newest templates for the prefix ${prefix}: ${describe(newest)} and ` +
                `${describe(next)}. Remove one, or make template.prefix longer.`,
        );
    }
    return newest;
}

function newestFirst(a: Template, b: Template): number {
    return compareVersions(b.name, a.name);
}

/** Compares two names part by part: digits as numbers, all else as text; equal only when the versions are. */
function compareVersions(a: string, b: string): number {
    const [left, right] = [parts(a), parts(b)];
    for (let i = 0; i < Math.max(left.length, right.length); i++) {
        const [l, r] = [left[i], right[i]];
        if (l === undefined || r === undefined) {
            return l === undefined ? -1 : 1;
        }
        const order = typeof l === "number" && typeof r === "number" ? l - r : compareText(String(l), String(r));
        if (order !== 0) {
            return order;
        }
    }
    return 0;
}

function parts(name: string): (string | number)[] {
    return (name.match(/[0-9]+|[^0-9]+/g) ?? []).map((part) => (/^[0-9]/.test(part) ? Number(part) : part));
}

function compareText(a: string, b: string): number {
    return a < b ? -1 : a > b ? 1 : 0;
}

function inventory(templates: readonly Template[]): string {
    return templates.length === 0 ? "there is no template at all" : `there is ${templates.map(describe).join(", ")}`;
}

function describe(template: Template): string {
    return `${template.name} (${template.vmid})`;
}
