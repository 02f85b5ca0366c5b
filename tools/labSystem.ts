import { existsSync } from "node:fs";
import { resolve } from "node:path";

/** Packages of the lab's own root file system, one a line. */
export const SYSTEM_PACKAGES = resolve(__dirname, "../lab/packages.txt");

/** Packages of the root file system that the lab's database runs in. */
export const DATABASE_PACKAGES = resolve(__dirname, "../lab/backends/database/packages.txt");

/** The lab's own Debian 12 root file system, which is made where make runs as root. */
export const LAB_SYSTEM = resolve(__dirname, "../.tools/lab-system");

/** The database's, beside it: who needs none does not install one. */
export const DATABASE_SYSTEM = resolve(__dirname, "../.tools/lab-database");

/** Why the lab's host and data plane cannot run on this machine, in one line; undefined where they can. */
export function systemMissing(): string | undefined {
    if (process.getuid?.() !== 0) {
        return "root is needed for network namespaces and a root file system of its own";
    }
    return existsSync(LAB_SYSTEM) ? undefined : "the lab's root file system is not there: run `make tools FOR=host`";
}

/** Why the lab's database cannot run on this machine, in one line; undefined where it can. */
export function databaseMissing(): string | undefined {
    if (process.getuid?.() !== 0) {
        return "root is needed for a root file system of its own";
    }
    return existsSync(DATABASE_SYSTEM) ? undefined : "PostgreSQL is not there: run `make tools FOR=state-backends`";
}
