import { DefinitionError } from "../faults";
import { parseYaml } from "../yaml";
import type { CollectionFile } from "./read";

/** A task of a role. */
export interface Task {
    readonly file: string;
    /** 1-based; missing where nobody knows it. */
    readonly line?: number;
    readonly name: string;
    /** Keys of the task with their values. */
    readonly keys: Readonly<Record<string, unknown>>;
}

/** Every task of a file in its order, those of blocks among them; none where the file is no list of tasks. */
export function tasksIn({ path, text }: CollectionFile): Task[] {
    let source;
    try {
        source = parseYaml(path, text, "ansible");
    } catch (error) {
        if (error instanceof DefinitionError) {
            return [];
        }
        throw error;
    }
    const { value, lineOf } = source;
    const within = (items: unknown, at: readonly (string | number)[]): Task[] =>
        !Array.isArray(items)
            ? []
            : items.flatMap((item: unknown, index) => {
                  if (typeof item !== "object" || item === null) {
                      return [];
                  }
                  const keys = item as Record<string, unknown>;
                  const here = [...at, index];
                  const line = lineOf(here);
                  const name = typeof keys["name"] === "string" ? keys["name"] : "a task without a name";
                  const blocks = ["block", "rescue", "always"].flatMap((part) => within(keys[part], [...here, part]));
                  return [{ file: path, ...(line !== undefined && { line }), name, keys }, ...blocks];
              });
    return within(value, []);
}

/** Place of a task for people, as file:line. */
export function placeOf({ file, line }: Task): string {
    return line === undefined ? file : `${file}:${line}`;
}

/** The arguments of a task's module, by the module's name with or without its collection. */
export function argumentsOf({ keys }: Task, module: string): unknown {
    return keys[`ansible.builtin.${module}`] ?? keys[`ansible.legacy.${module}`] ?? keys[module];
}

/** All of a task's conditions, as one text. */
export function conditionsOf({ keys }: Task): string {
    return textOf(keys["when"]);
}

/** Any value of a task as text that expressions are looked for in. */
export function textOf(value: unknown): string {
    return typeof value === "string" ? value : value === undefined ? "" : JSON.stringify(value);
}
