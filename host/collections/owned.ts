import type { CollectionFile } from "../../definitions/collection/read";
import { placeOf, tasksIn, type Task } from "../../definitions/collection/tasks";
import type { Baseline } from "../../substrate/substrate";

type Part = Baseline["role"]["own"][number];

/** Files that the program's own role writes, by the part of the host that they are. */
function filesOf({ automation: { user } }: Baseline["role"]): readonly (readonly [Part, RegExp])[] {
    return [
        ["hosts", /^\/etc\/hosts$/],
        ["resolver", /^\/etc\/resolv\.conf$/],
        ["sources", /^\/etc\/apt\/(sources\.list|sources\.list\.d\/.+)$/],
        ["bridge", /^\/etc\/network\/interfaces$/],
        ["storages", /^\/etc\/pve\/storage\.cfg$/],
        ["automation", new RegExp(`^(/home/${user}/\\.ssh/authorized_keys|/etc/sudoers\\.d/010_${user}-nopasswd)$`)],
    ];
}

/** Modules that only read the file they name. */
const READING = /(^|\.)(stat|slurp|find|fetch|assert|debug|set_fact|command|shell|include_tasks|import_tasks)$/;

/**
 * Files that both a collection's role and the program's own write, a line each, with what to leave out of `own`. Each would undo the
 * other in every run, so that a baseline is applied and never without drift.
 */
export function ownedBy(files: readonly CollectionFile[], role: Baseline["role"]): string[] {
    const owned = filesOf(role).filter(([part]) => role.own.includes(part));
    const found = new Map<Part, string>();
    for (const task of files.flatMap(tasksIn)) {
        for (const path of written(task)) {
            const [part] = owned.find(([, pattern]) => pattern.test(path)) ?? [];
            if (part !== undefined && !found.has(part)) {
                found.set(part, `${placeOf(task)} "${task.name}" writes ${path}`);
            }
        }
    }
    const left = role.own.filter((part) => !found.has(part)).join(", ");
    return [...found].map(
        ([part, what]) =>
            `${what}, and so does the program's own role (${part}): each would undo the other in every run. Leave it to the collection: ` +
            `baseline.own: [${left}]`,
    );
}

/** Paths that a task writes, as far as they stand in it. */
function written({ keys }: Task): string[] {
    return Object.entries(keys).flatMap(([module, given]) => {
        if (typeof given !== "object" || given === null || READING.test(module)) {
            return [];
        }
        const { dest, path } = given as { dest?: unknown; path?: unknown };
        return [dest, path].filter((one): one is string => typeof one === "string");
    });
}
