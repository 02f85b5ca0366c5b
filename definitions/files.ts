import { existsSync, readdirSync } from "node:fs";
import { basename, extname, join } from "node:path";

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
