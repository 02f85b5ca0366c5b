import type { CollectionFile } from "../../definitions/collection/read";
import { argumentsOf, tasksIn, type Task } from "../../definitions/collection/tasks";
import type { PlacedCollection } from "./check";

/** A play of a playbook. */
export interface Play {
    /** Pattern of the hosts that it is for. */
    readonly hosts: string;
    /** Collection that its playbook is in. */
    readonly collection: PlacedCollection;
    readonly file: string;
    /** Names of its roles, as it has them. */
    readonly roles: readonly string[];
}

/**
 * Plays of a playbook by its whole name, those of playbooks that it imports among them.
 *
 * @returns why it is none, in words, where its collection is not there or has no such playbook.
 */
export function playsIn(placed: readonly PlacedCollection[], playbook: string): Play[] | string {
    const [namespace, name, ...path] = playbook.split(".");
    const collection = placed.find(({ info }) => info.namespace === namespace && info.name === name);
    if (collection === undefined) {
        return `playbook ${playbook}: ${namespace}.${name} is not among baseline.collections; add it there`;
    }
    const file = fileOf(collection, path.join("/"));
    if (file === undefined) {
        const names = collection.files.flatMap(({ path: one }) => /^playbooks\/(.+)\.ya?ml$/.exec(one)?.[1] ?? []);
        return `playbook ${playbook}: ${namespace}.${name} has none of that name; it has ${names.join(", ") || "none"}`;
    }
    return playsOf(collection, file, new Set());
}

function fileOf({ files }: PlacedCollection, name: string): CollectionFile | undefined {
    return files.find(({ path }) => path === `playbooks/${name}.yml` || path === `playbooks/${name}.yaml`);
}

function playsOf(collection: PlacedCollection, file: CollectionFile, seen: Set<string>): Play[] {
    if (seen.has(file.path)) {
        return [];
    }
    seen.add(file.path);
    return tasksIn(file).flatMap((play): Play[] => {
        const imported = argumentsOf(play, "import_playbook");
        if (typeof imported === "string") {
            const other = fileOf(
                collection,
                imported
                    .replace(/\.ya?ml$/, "")
                    .split(".")
                    .at(-1)!,
            );
            return other === undefined ? [] : playsOf(collection, other, seen);
        }
        const { hosts, roles } = play.keys;
        return typeof hosts !== "string" && !Array.isArray(hosts)
            ? []
            : [{ hosts: [hosts].flat().join(","), collection, file: file.path, roles: namesIn(roles) }];
    });
}

/** Names in a play's list of roles: texts, or mappings with `role` or `name`. */
function namesIn(roles: unknown): string[] {
    return (Array.isArray(roles) ? roles : []).flatMap((role: unknown) => {
        const { role: name, name: other } = (typeof role === "object" && role !== null ? role : {}) as Record<
            string,
            unknown
        >;
        const found = typeof role === "string" ? role : (name ?? other);
        return typeof found === "string" ? [found] : [];
    });
}

/** Tasks of a play's roles, those that its tasks include among them, by file; roles of collections that are not there have none. */
export function rolesOf(play: Play, placed: readonly PlacedCollection[]): CollectionFile[] {
    const own = play.collection.files.filter(({ path }) => path === play.file).flatMap(tasksOfPlays);
    const included = own.flatMap((task) => {
        const { name } = (argumentsOf(task, "include_role") ?? argumentsOf(task, "import_role") ?? {}) as {
            name?: unknown;
        };
        return typeof name === "string" ? [name] : [];
    });
    return [...new Set([...play.roles, ...included])].flatMap((role) => {
        const [namespace, name, ...rest] = role.split(".");
        const whole = rest.length > 0;
        const holder = whole
            ? placed.find(({ info }) => info.namespace === namespace && info.name === name)
            : play.collection;
        const folder = `roles/${whole ? rest.join("/") : role}/`;
        return holder?.files.filter(({ path }) => path.startsWith(folder)) ?? [];
    });
}

/** Tasks that stand in plays themselves. */
function tasksOfPlays(file: CollectionFile): Task[] {
    return tasksIn(file).flatMap(({ keys }) =>
        ["pre_tasks", "tasks", "post_tasks"].flatMap((part) =>
            (Array.isArray(keys[part]) ? keys[part] : []).map((task: unknown) => ({
                file: file.path,
                name: "",
                keys: task as Record<string, unknown>,
            })),
        ),
    );
}
