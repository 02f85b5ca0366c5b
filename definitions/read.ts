import { existsSync, lstatSync, readdirSync, readFileSync, statSync, type Stats } from "node:fs";
import { basename, extname, join } from "node:path";
import { DefinitionError, type Fault } from "./faults";
import { suggestion } from "./suggest";
import { parseYaml, type Dialect, type Source } from "./yaml";

/** Far more than ten tenants' worth of text; a larger file is a mistake, and would only cost time and memory. */
const MAX_BYTES = 1024 ** 2;

/**
 * Reads and parses one definition of the project: a file of its own, since a link leads to what nobody reviewed, and a pipe
 * or a device may never end.
 *
 * @param file the name that a person knows, relative to the project.
 * @param path where it is.
 * @throws DefinitionError with one fault when it is no regular file, cannot be read, is too large, not UTF-8, or not one YAML
 * document.
 */
export function readYaml(file: string, path: string): Source {
    return parseYaml(file, textOf(file, path, lstatSync), "ours");
}

/**
 * Reads and parses a file that a person named, wherever it is; a link is followed.
 *
 * @throws DefinitionError as readYaml does.
 */
export function readGivenYaml(file: string, dialect: Dialect): Source {
    return parseYaml(file, textOf(file, file, statSync), dialect);
}

/** The definition, or undefined where there is no such file. @throws DefinitionError as readYaml does. */
export function readYamlIfThere(file: string, path: string): Source | undefined {
    return lstatSync(path, { throwIfNoEntry: false }) === undefined ? undefined : readYaml(file, path);
}

function textOf(file: string, path: string, statOf: (path: string) => Stats): string {
    const refuse = (message: string) => new DefinitionError([{ file, path: "", message }]);
    let bytes: Buffer;
    try {
        const stats = statOf(path);
        if (!stats.isFile()) {
            throw refuse(`${kindOf(stats)}; only a file of its own is read: put its text here`);
        }
        if (stats.size > MAX_BYTES) {
            throw refuse(`${Math.ceil(stats.size / MAX_BYTES)} MiB; a definition has at most 1 MiB`);
        }
        bytes = readFileSync(path);
    } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        const why = code === "ENOENT" ? "there is no such file" : `it cannot be read (${code}); see who may read it`;
        throw code === undefined ? error : refuse(why);
    }
    try {
        return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    } catch {
        throw refuse("not UTF-8 text; save it as UTF-8");
    }
}

/** Kind of what stands where a file should, as a person calls it. */
function kindOf(stats: Stats): string {
    const kinds: readonly [boolean, string][] = [
        [stats.isSymbolicLink(), "a link"],
        [stats.isDirectory(), "a folder"],
        [stats.isFIFO(), "a named pipe"],
        [stats.isSocket(), "a socket"],
    ];
    return kinds.find(([is]) => is)?.[1] ?? "a device";
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
    return namesIn(join(root, folder))
        .filter((name) => DEFINITION.test(name))
        .map((name) => `${folder}/${name}`);
}

/** Ending of a tenant's file. */
const DEFINITION = /\.ya?ml$/;

/** Names in a folder, in order, without those that begin with a dot: an editor's locks and a system's own files. None where it is no folder. */
function namesIn(folder: string): string[] {
    return lstatSync(folder, { throwIfNoEntry: false })?.isDirectory() === true
        ? readdirSync(folder)
              .filter((name) => !name.startsWith("."))
              .sort()
        : [];
}

/**
 * All that stands below tenants/ and would be read as no tenant of the substrate: a folder of no substrate, and in the
 * substrate's own what has no tenant's name. A slip of the finger there would else take a tenant away.
 */
export function strayFaults({ root, substrate }: { readonly root: string; readonly substrate: string }): Fault[] {
    const substrates = [...new Set([...listSubstrates(root), substrate])];
    const own = `tenants/${substrate}`;
    const fault = (file: string, message: string): Fault => ({ file, path: "", message });
    const isFolder = (path: string) => lstatSync(join(root, path)).isDirectory();
    const folders = ["tenants", `tenants/${substrate}`].filter(
        (path) => existsSync(join(root, path)) && !isFolder(path),
    );
    return [
        ...folders.map((path) => fault(path, "no folder of its own; tenants' files stand in one, not behind a link")),
        ...namesIn(join(root, "tenants"))
            .filter((name) => !substrates.includes(name))
            .map((name) => fault(`tenants/${name}`, strayFolder(name, substrates))),
        ...namesIn(join(root, own))
            .filter((name) => !DEFINITION.test(name))
            .map((name) => fault(`${own}/${name}`, strayFile(name, isFolder(`${own}/${name}`)))),
    ];
}

function strayFolder(name: string, substrates: readonly string[]): string {
    const allowed = `allowed: one for each Pulumi.<substrate>.yaml, ${substrates.join(", ")}`;
    return `no substrate's folder${suggestion(name, substrates)}; ${allowed}. Rename it, or move it out of tenants/`;
}

function strayFile(name: string, isFolder: boolean): string {
    const meant = `${name.split(".")[0]!.toLowerCase()}.yaml`;
    const mend = "or move it out of tenants/";
    return isFolder
        ? `a folder; tenants' files stand beside it, in none of their own: move them there, ${mend}`
        : `no tenant's file, whose name ends in .yaml; did you mean ${meant}? Rename it, ${mend}`;
}

/** Names of a substrate's tenants, as their files are called. */
export function listTenants(root: string, substrate: string): string[] {
    return [...new Set(tenantFiles({ root, substrate }).map((file) => basename(file, extname(file))))];
}

/** File of a tenant, as it is named, relative to the project's folder; undefined where there is none. */
export function tenantFile(root: string, substrate: string, tenant: string): string | undefined {
    return tenantFiles({ root, substrate }).find((file) => basename(file, extname(file)) === tenant);
}
