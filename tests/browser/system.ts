import { existsSync } from "node:fs";
import { resolve } from "node:path";

/** Packages of the root file system that the browser runs in, one a line. */
export const BROWSER_PACKAGES = resolve(__dirname, "packages.txt");

/** The Debian 12 root file system with Chromium, which `make tools FOR=browser` makes where it runs as root. */
export const BROWSER_SYSTEM = resolve(__dirname, "..", "..", ".tools", "browser");

/** Why the browser cannot run on this machine, in one line; undefined where it can. */
export function browserMissing(): string | undefined {
    if (process.getuid?.() !== 0) {
        return "root is needed for a browser in a root file system of its own";
    }
    return existsSync(BROWSER_SYSTEM) ? undefined : "the browser is not there: run `make tools FOR=browser`";
}
