import type { Fault } from "./faults";
import type { DefinedAt } from "../substrate/substrate";

/** A fault at a key of what was resolved: at the key's own line where it stands in the file, else at the whole. */
export function faultWhere({ file, path, lines }: DefinedAt, key: string, message: string): Fault {
    const line = lines[key] ?? lines[""];
    const own = lines[key] !== undefined && (path === "" || lines[key] !== lines[""]);
    const declared = own ? [path, key].filter((step) => step !== "").join(".") : path;
    return { file, path: declared, message, ...(line === undefined ? {} : { line }) };
}
