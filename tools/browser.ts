/** Installs the browser of the tests (tests/browser): headless Chromium in a Debian root file system of its own. */
import { BROWSER_PACKAGES, BROWSER_SYSTEM } from "../tests/browser/system";
import { BuildError } from "./build";
import { installSystem } from "./debianSystem";

try {
    installSystem({
        name: "browser",
        root: BROWSER_SYSTEM,
        packages: BROWSER_PACKAGES,
        holds: "Chromium",
        use: "the tests of the map need it",
        target: "browser",
    });
} catch (error) {
    console.error(error instanceof BuildError ? error.message : error);
    process.exitCode = 1;
}
