import type { CollectionFile } from "../../../definitions/collection/read";
import { argumentsOf, conditionsOf, tasksIn, textOf, type Task } from "../../../definitions/collection/tasks";
import type { CollectionText } from "./read";

/** A collection by what it makes of the router's variables, as far as its text says. */
export interface RouterCollection {
    /** For people, such as `deevnet.net 1.0.0 (../ansible-collection-deevnet.net)`. */
    readonly label: string;
    /** Whole name of the role that writes the router's filter rules. */
    readonly role: string;
    /** Keys of a policy that become a part of the rule that is made of it. */
    readonly policyKeys: ReadonlySet<string>;
    /** Words of all its roles and filters. */
    readonly words: ReadonlySet<string>;
    /** The task that would delete every rule that it manages, where it finds none that it should make; missing where none would. */
    readonly wipes?: Task;
    /** Variables that stand in that task's conditions and are false where nobody sets them. */
    readonly switches: readonly string[];
}

/** Variable of the policies between zones. */
const POLICIES = "firewall_zone_policies";

/**
 * Reads out of a collection's tasks, templates and filters how much it understands. Whatever its text does not show counts as not understood.
 *
 * @returns undefined where no role of it writes the filter rules of OPNsense.
 */
export function understood(text: CollectionText, source: string): RouterCollection | undefined {
    const { namespace, name, version, files } = text;
    const writer = files.find((file) => /^roles\/[^/]+\/tasks\//.test(file.path) && file.text.includes(ADD));
    if (writer === undefined) {
        return undefined;
    }
    const role = writer.path.split("/")[1]!;
    const own = files.filter(({ path }) => path.startsWith(`roles/${role}/`));
    const tasks = own.filter(({ path }) => path.includes("/tasks/")).flatMap(tasksIn);
    const filters = files.filter(({ path }) => path.startsWith("plugins/"));
    return {
        label: `${namespace}.${name}${version === "" ? "" : ` ${version}`} (${source})`,
        role: `${namespace}.${name}.${role}`,
        policyKeys: new Set([...keysOfLoops(tasks, own), ...keysOfTemplates(own), ...keysOfFilters(own, filters)]),
        words: new Set(files.flatMap((file) => withoutComments(file.text).match(/[A-Za-z_][A-Za-z0-9_]*/g) ?? [])),
        ...deletion(tasks, own),
    };
}

/** Text without whole lines of comment, which make nothing. */
function withoutComments(text: string): string {
    return text.replace(/^\s*#.*$/gm, "");
}

const ADD = "/firewall/filter/addRule";
const DELETE = "/firewall/filter/delRule";

/** Parts of a task that do not make anything: its conditions decide whether, its label is what is printed. */
const NOT_MADE = new Set([
    ...["name", "when", "loop", "loop_control", "with_items", "tags", "register"],
    // Tasks of their own.
    ...["block", "rescue", "always"],
]);

/** Tasks that make something of each policy. */
function loops(tasks: readonly Task[]): Task[] {
    return tasks.filter(({ keys }) => textOf(keys["loop"] ?? keys["with_items"]).includes(POLICIES));
}

/** Keys that tasks take of each policy that they loop over, and those of a file that such a task includes. */
function keysOfLoops(tasks: readonly Task[], files: readonly CollectionFile[]): string[] {
    return loops(tasks).flatMap((task) => {
        const variable = loopVariable(task);
        const included = textOf(argumentsOf(task, "include_tasks"));
        const inner = files
            .filter(({ path }) => included !== "" && path.endsWith(`/tasks/${included}`))
            .flatMap(tasksIn);
        return [task, ...inner].flatMap((one) => keysTaken(madeOf(one), variable));
    });
}

function loopVariable({ keys }: Task): string {
    const control = keys["loop_control"] as { loop_var?: unknown } | undefined;
    return typeof control?.loop_var === "string" ? control.loop_var : "item";
}

function madeOf({ keys }: Task): string {
    return Object.entries(keys)
        .filter(([key]) => !NOT_MADE.has(key))
        .map(([, value]) => textOf(value))
        .join("\n");
}

/** Keys that expressions take of a variable: `item.protocol`, `item['protocol']`, `item.get('protocol')`. */
function keysTaken(text: string, variable: string): string[] {
    const taken = new RegExp(`\\b${variable}(?:\\.get\\(\\\\*['"](\\w+)|\\[\\\\*['"](\\w+)|\\.(\\w+))`, "g");
    return [...text.matchAll(taken)].map(([, got, item, attribute]) => (got ?? item ?? attribute)!);
}

/** Keys that a template takes of each policy: `{% for policy in firewall_zone_policies %}` to its end. */
function keysOfTemplates(files: readonly CollectionFile[]): string[] {
    const loop = new RegExp(`\\{%-?\\s*for\\s+(\\w+)\\s+in\\s+${POLICIES}\\b[^%]*%\\}([^]*?)\\{%-?\\s*endfor`, "g");
    return files.flatMap(({ text }) => [...text.matchAll(loop)].flatMap(([, one, body]) => keysTaken(body!, one!)));
}

/** Keys that a filter of the collection names, where a role gives it the policies. */
function keysOfFilters(files: readonly CollectionFile[], filters: readonly CollectionFile[]): string[] {
    const use = new RegExp(`\\b${POLICIES}\\s*\\|\\s*(?:\\w+\\.\\w+\\.)?(\\w+)`, "g");
    const names = new Set(files.flatMap(({ text }) => [...text.matchAll(use)].map(([, name]) => name!)));
    return filters
        .filter(({ text }) => [...names].some((name) => new RegExp(`def ${name}\\b`).test(text)))
        .flatMap(({ text }) => [...text.matchAll(/['"](\w+)['"]/g)].map(([, key]) => key!));
}

/** The task that deletes rules and what keeps it from deleting all of them. */
function deletion(
    tasks: readonly Task[],
    files: readonly CollectionFile[],
): Pick<RouterCollection, "wipes" | "switches"> {
    const deleting = tasks.find((task) => textOf(task.keys).includes(DELETE));
    if (deleting === undefined) {
        return { switches: [] };
    }
    const off = files.filter(({ path }) => path.includes("/defaults/")).flatMap(switchedOff);
    const switches = off.filter((name) => new RegExp(`\\b${name}\\b`).test(conditionsOf(deleting)));
    const made = loops(tasks).flatMap((task) =>
        Object.keys((argumentsOf(task, "set_fact") as object | undefined) ?? {}),
    );
    return { switches, ...(guarded(tasks, deleting, made) ? {} : { wipes: deleting }) };
}

/** Names of the defaults that are false. */
function switchedOff({ text }: CollectionFile): string[] {
    return [...text.matchAll(/^(\w+): *(?:false|no|False|No)\s*$/gm)].map(([, name]) => name!);
}

/** Whether something ends the run, or leaves the deletion out, where the list of rules to make is empty. */
function guarded(tasks: readonly Task[], deleting: Task, made: readonly string[]): boolean {
    // In which order a role takes its files is not followed: one that has the guard counts.
    const before = tasks.filter((task, index) => task.file !== deleting.file || index < tasks.indexOf(deleting));
    return made.some((list) => {
        const some = new RegExp(`\\b${list} *\\| *(length|count) *(> *0|>= *1|!= *0)`);
        const none = new RegExp(`\\b${list} *\\| *(length|count) *(== *0|< *1)`);
        return (
            some.test(conditionsOf(deleting)) ||
            before.some((task) =>
                some.test(textOf((argumentsOf(task, "assert") as { that?: unknown } | undefined)?.that)),
            ) ||
            before.some((task) => argumentsOf(task, "fail") !== undefined && none.test(conditionsOf(task)))
        );
    });
}
