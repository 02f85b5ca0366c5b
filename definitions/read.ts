import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, extname, join } from "node:path";
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

/** The definition, or undefined where there is no such file. @throws DefinitionError as readYaml does. */
export function readYamlIfThere(file: string, path: string): Source | undefined {
    return existsSync(path) ? readYaml(file, path) : undefined;
}

/** Names of the substrates that the project has a stack file for, in order. */
export function listSubstrates(root: string): string[] {
    return readdirSync(root)
        .map((file) => /^Pulumi\.([a-z0-9-]+)\.yaml$/.exec(file)?.[1])
        .filter((name) => name !== undefined)
        .sort();
}

/** Files of a substrate's tenants, relative to the project's folder, in order. */
export function tenantFiles({ root, substrate }: { readonly root: string; readonly substrate: string }): string[] {
    const folder = `tenants/${substrate}`;
    if (!existsSync(join(root, folder))) {
        return [];
    }
    return readdirSync(join(root, folder))
        .filter((file) => /\.ya?ml$/.test(file))
        .sort()
        .map((file) => `${folder}/${file}`);
}

/** Names of a substrate's tenants, as their files are called. */
export function listTenants(root: string, substrate: string): string[] {
    return [...new Set(tenantFiles({ root, substrate }).map((file) => basename(file, extname(file))))];
}

/** File of a tenant, as it is named, relative to the project's folder; undefined where there is none. */
export function tenantFile(root: string, substrate: string, tenant: string): string | undefined {
    return tenantFiles({ root, substrate }).find((file) => basename(file, extname(file)) === tenant);
}
