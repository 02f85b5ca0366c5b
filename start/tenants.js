/**
 * Program that bin/tenants starts: checks Node.js, installs the npm packages where they lack, and loads the command. Written so
 * that an old Node.js can read it as far as the line that says what is needed.
 */
require("./node").refuseOld();
require("./brief");

const { spawnSync } = require("node:child_process");
const { existsSync, statSync, utimesSync } = require("node:fs");
const { homedir } = require("node:os");
const { delimiter, dirname, join, resolve } = require("node:path");

const ROOT = resolve(__dirname, "..");

// Neither cron nor systemd has all of these; what is started from here looks for node, and for its own folder.
process.env.HOME = process.env.HOME || homedir();
process.env.PATH = [process.env.PATH || "/usr/bin:/bin", dirname(process.execPath)].join(delimiter);

/** npm writes this list last; make goes by the same times. A copy of the program alone has no lock file. */
const INSTALLED = join(ROOT, "node_modules", ".package-lock.json");

function packagesAreThere() {
    const lock = join(ROOT, "package-lock.json");
    return existsSync(INSTALLED) && (!existsSync(lock) || statSync(INSTALLED).mtimeMs >= statSync(lock).mtimeMs);
}

function installPackages() {
    console.error("tenants: installing npm packages into this project's node_modules, once");
    const started = Date.now();
    // Standard output is the command's own.
    const { status, error } = spawnSync("npm", ["ci", "--loglevel", "error", "--no-audit", "--no-fund"], {
        cwd: ROOT,
        stdio: ["ignore", 2, 2],
    });
    if (status !== 0) {
        const why = error ? error.message : `npm ci ended with ${status}`;
        console.error(`tenants: the npm packages are not installed: ${why}. Mend that, and start the command again.`);
        process.exit(1);
    }
    const now = new Date();
    utimesSync(INSTALLED, now, now);
    console.error(`tenants: npm packages installed in ${Math.round((now.getTime() - started) / 1000)} s`);
}

if (!packagesAreThere()) {
    installPackages();
}

require("./typescript");
require("../commands/cli/main.ts").main(process.argv.slice(2));
