/** One value with its path, such as `connection.password`, and the last key on it. */
export interface Leaf {
    readonly path: string;
    readonly key: string;
    readonly value: string | number | boolean;
}

/** Every value below some inputs, at any depth, with its path; an element of a list has the key of its list. */
export function leavesOf(value: unknown, path = "", key = ""): Leaf[] {
    if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") {
        return [{ path, key, value }];
    }
    if (Array.isArray(value)) {
        return value.flatMap((element, index) => leavesOf(element, `${path}[${index}]`, key));
    }
    return Object.entries(value ?? {}).flatMap(([name, below]) =>
        leavesOf(below, path === "" ? name : `${path}.${name}`, name),
    );
}
