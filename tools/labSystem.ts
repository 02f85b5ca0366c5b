import { existsSync } from "node:fs";
import { resolve } from "node:path";

/** Packages of the lab's own root file system, one a line. */
export const SYSTEM_PACKAGES = resolve(__dirname, "../lab/packages.txt");

/** Packages of the root file system that the lab's database runs in. */
export const DATABASE_PACKAGES = resolve(__dirname, "../lab/backends/database/packages.txt");

/** The lab's own Debian 12 root file system, which is made where make runs as root. */
export const LAB_SYSTEM = resolve(__dirname, "../.tools/lab-system");

/** The one of Debian 13 for the lab's host, which is made where somebody asks for it: `make tools FOR=host-13`. */
export const LAB_SYSTEM_13 = resolve(__dirname, "../.tools/lab-system-13");

/** Its packages: those of the lab's host alone. */
export const HOST_PACKAGES = resolve(__dirname, "../lab/host/packages.txt");

/** Releases of Debian that the lab's host can be of. */
export type HostDebian = "12" | "13";

/** The release that the environment asks for, by DEBIAN; 12 without it. */
export function hostDebian(): HostDebian {
    return process.env["DEBIAN"] === "13" ? "13" : "12";
}

/** Root file system that a lab host of a release is made of. */
export function hostSystem(debian: HostDebian): string {
    return debian === "13" ? LAB_SYSTEM_13 : LAB_SYSTEM;
}

/** The database's, beside it: who needs none does not install one. */
export const DATABASE_SYSTEM = resolve(__dirname, "../.tools/lab-database");

/** Why the lab's host and data plane cannot run on this machine, in one line; undefined where they can. */
export function systemMissing(): string | undefined {
    if (process.getuid?.() !== 0) {
        return "root is needed for network namespaces and a root file system of its own";
    }
    return existsSync(LAB_SYSTEM) ? undefined : "the lab's root file system is not there: run `make tools FOR=host`";
}

/** Why a lab host of the release that the environment asks for cannot run on this machine. */
export function hostMissing(): string | undefined {
    const there = existsSync(hostSystem(hostDebian()));
    return systemMissing() ?? (there ? undefined : "Debian 13 is not there for it: run `make tools FOR=host-13`");
}

/** Why the lab's database cannot run on this machine, in one line; undefined where it can. */
export function databaseMissing(): string | undefined {
    if (process.getuid?.() !== 0) {
        return "root is needed for a root file system of its own";
    }
    return existsSync(DATABASE_SYSTEM) ? undefined : "PostgreSQL is not there: run `make tools FOR=state-backends`";
}
