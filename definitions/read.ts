import { readFileSync, statSync } from "node:fs";
import { DefinitionError } from "./faults";
import { parseYaml, type Dialect, type Source } from "./yaml";

/** Far more than ten tenants' worth of text; a larger file is a mistake, and would only cost time and memory. */
const MAX_BYTES = 1024 ** 2;

/**
 * Reads and parses one definition.
 *
 * @param file the name that a person knows, relative to the project.
 * @param path where it is.
 * @throws DefinitionError with one fault when it is too large, not UTF-8, or not one YAML document.
 */
export function readYaml(file: string, path: string, dialect: Dialect = "ours"): Source {
    const refuse = (message: string) => new DefinitionError([{ file, path: "", message }]);
    const { size } = statSync(path);
    if (size > MAX_BYTES) {
        throw refuse(`${Math.ceil(size / MAX_BYTES)} MiB; a definition has at most 1 MiB`);
    }
    let text: string;
    try {
        text = new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(path));
    } catch {
        throw refuse("not UTF-8 text; save it as UTF-8");
    }
    return parseYaml(file, text, dialect);
}
