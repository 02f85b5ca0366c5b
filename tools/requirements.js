/**
 * Requirements of a machine before anything is installed, which the README has as a table. `node tools/requirements.js NEED ...`
 * checks it before npm installs the packages, so it has no dependencies and no syntax that an old Node.js cannot read.
 */
const { spawnSync } = require("child_process");
const { existsSync, realpathSync, readFileSync } = require("fs");
const { tmpdir } = require("os");
const { delimiter, dirname, join, resolve } = require("path");
const { OLDEST } = require("../start/node");
const { BUILT, partsOf } = require("./needs");

const ROOT = resolve(__dirname, "..");
const BIN = join(ROOT, ".tools", "bin");

/** Megabytes that each part takes on the disk: here, and in the caches of Go where it is built. */
const SIZES = {
    npm: { here: 400, caches: 0 },
    pulumi: { here: 120, caches: 2500 },
    "pulumi-language-nodejs": { here: 20, caches: 100 },
    "pulumi-resource-proxmoxve": { here: 50, caches: 900 },
    "pulumi-resource-command": { here: 40, caches: 200 },
    "pulumi-resource-pulumi-nodejs": { here: 1, caches: 0 },
    versitygw: { here: 60, caches: 400 },
    "lab-venv": { here: 120, caches: 0 },
    "lab-system": { here: 300, caches: 0 },
    "lab-system-13": { here: 250, caches: 0 },
    "lab-database": { here: 400, caches: 0 },
    browser: { here: 1000, caches: 0 },
};

/** Programs by what needs them. `least` is the oldest version; `lacks` says what is wrong with the one on PATH, or nothing. */
const PROGRAMS = [
    {
        name: "Node.js",
        least: OLDEST,
        use: "everything",
        get: "https://nodejs.org/en/download",
        wanted: (parts) => parts.indexOf("npm") >= 0,
        lacks: () => unlessSince(OLDEST, found("node", ["--version"])),
    },
    {
        name: "npm",
        least: "10.0.0",
        use: "everything",
        get: "comes with Node.js; Debian: apt install npm",
        wanted: (parts) => parts.indexOf("npm") >= 0,
        lacks: () => unlessSince("10.0.0", found("npm", ["--version"])),
    },
    {
        name: "GNU make",
        least: "4.0",
        use: "demo, tests and what else make does",
        get: "Debian: apt install make",
        wanted: (parts) => parts.indexOf("npm") >= 0,
        lacks: () => unlessSince("4.0", found("make", ["--version"])),
    },
    {
        name: "Go",
        least: oldestGo(),
        use: "the Pulumi CLI and the plugins, unless the official CLI is there",
        get: "https://go.dev/dl; the official CLI: https://www.pulumi.com/docs/install",
        wanted: (parts, builds) => builds,
        lacks: goLacks,
    },
    {
        name: "Python with venv",
        least: "3.11",
        use: "the lab: demo, proof and tests",
        get: "Debian: apt install python3 python3-venv",
        wanted: (parts) => parts.indexOf("lab-venv") >= 0,
        lacks: pythonLacks,
    },
];

/** The newest Go that one of the project's modules asks for. */
function oldestGo() {
    const modules = ["", "cli", "object-store", "supply"];
    const versions = modules.map(
        (name) => /^go (\S+)$/m.exec(readFileSync(join(__dirname, name, "go.mod"), "utf8"))[1],
    );
    return versions.reduce((one, other) => (since(one, other) ? one : other));
}

/** Output of a program with its version; undefined where it is not on PATH. */
function found(program, args) {
    const file = onPath(program)[0];
    if (file === undefined) {
        return undefined;
    }
    // Outside of the project, whose go.mod would have Go fetch another version of itself.
    const { stdout, status } = spawnSync(file, args, { cwd: tmpdir(), encoding: "utf8", timeout: 30000 });
    const version = /\d+(\.\d+)+/.exec(stdout || "");
    return { file, stdout: stdout || "", status, version: version === null ? undefined : version[0] };
}

/** Files of a name on PATH, without what was built here, also where this folder is reached through a link. */
function onPath(program) {
    return (process.env.PATH || "")
        .split(delimiter)
        .filter((folder) => folder !== "" && real(folder) !== real(BIN))
        .map((folder) => join(folder, program))
        .filter((file) => existsSync(file));
}

function real(folder) {
    return existsSync(folder) ? realpathSync(folder) : resolve(folder);
}

function since(oldest, version) {
    const [own, least] = [version, oldest].map((text) => text.split(".").map(Number));
    for (let at = 0; at < least.length; at++) {
        if ((own[at] || 0) !== least[at]) {
            return (own[at] || 0) > least[at];
        }
    }
    return true;
}

function unlessSince(least, program) {
    if (program === undefined) {
        return "it is not on PATH";
    }
    if (program.version === undefined) {
        return `the one on PATH (${program.file}) does not run`;
    }
    return since(least, program.version) ? "" : `${program.version} is on PATH (${program.file})`;
}

/** From 1.21 on Go fetches the version that a go.mod asks for, unless GOTOOLCHAIN keeps it from that. */
function goLacks() {
    const go = found("go", ["env", "GOVERSION", "GOTOOLCHAIN"]);
    const lacks = unlessSince(oldestGo(), go);
    const toolchain = go === undefined ? "" : (go.stdout.split("\n")[1] || "").trim();
    if (lacks === "" || /auto/.test(toolchain)) {
        return "";
    }
    return toolchain === "" ? lacks : `${lacks} and GOTOOLCHAIN=${toolchain} keeps it from fetching a newer one`;
}

/** Debian has ensurepip, without which venv makes no environment, in a package of its own. */
function pythonLacks() {
    const lacks = unlessSince("3.11", found("python3", ["--version"]));
    if (lacks !== "") {
        return lacks;
    }
    const venv = found("python3", ["-c", "import venv, ensurepip"]);
    return venv.status === 0 ? "" : `the one on PATH (${venv.file}) has no venv or no ensurepip`;
}

/** Disk space that is missing: needs that go to one file system is added up. */
function disksLack(parts, builds) {
    const disks = new Map();
    const want = (folder, megabytes) => {
        const disk = diskOf(folder);
        if (disk !== undefined && megabytes > 0) {
            disks.set(disk.mount, {
                folder,
                free: disk.free,
                wanted: ((disks.get(disk.mount) || {}).wanted || 0) + megabytes,
            });
        }
    };
    const sum = (kind) => parts.reduce((total, part) => total + SIZES[part][kind], 0);
    want(ROOT, sum("here"));
    if (builds) {
        const go = found("go", ["env", "GOCACHE", "GOMODCACHE"]);
        const folder = go === undefined ? "" : go.stdout.split("\n")[0];
        want(folder === "" ? ROOT : folder, sum("caches"));
    }
    return Array.from(disks.values())
        .filter(({ free, wanted }) => free < wanted)
        .map(({ folder, free, wanted }) => `free disk: ${free} MB for ${folder}, ${wanted} MB are needed`);
}

/** Where a folder is, or will be, and the megabytes that are free there; undefined where df does not tell. */
function diskOf(folder) {
    const there = existsSync(folder) ? folder : dirname(folder);
    if (there !== folder) {
        return diskOf(there);
    }
    const { stdout } = spawnSync("df", ["-Pk", folder], { encoding: "utf8" });
    const line = (stdout || "").split("\n")[1];
    const fields = line === undefined ? [] : line.trim().split(/\s+/);
    return fields.length < 6 ? undefined : { free: Math.floor(Number(fields[3]) / 1024), mount: fields[5] };
}

/**
 * Everything that this machine lacks, one line each.
 *
 * @param {readonly string[]} parts that are to be installed, as needs.js names them, and `npm`.
 * @param {boolean} builds whether a part of them has to be built with Go.
 * @returns {string[]}
 */
function lacking(parts, builds) {
    const programs = PROGRAMS.filter(({ wanted }) => wanted(parts, builds)).map((program) => {
        const lacks = program.lacks();
        return lacks === ""
            ? ""
            : `${program.name}: ${lacks}, ${program.least} or newer is needed for ${program.use}: ${program.get}`;
    });
    return programs.filter((line) => line !== "").concat(disksLack(parts, builds));
}

/** The README's table of them. */
function table() {
    const rows = PROGRAMS.map(({ name, least, use, get }) => `| ${name} | ${least} | ${use} | ${get} |`);
    const [run, all] = ["pulumi", "test"].map((need) => {
        const parts = ["npm"].concat(partsOf([need]));
        return Math.ceil(parts.reduce((sum, part) => sum + SIZES[part].here + SIZES[part].caches, 0) / 1000);
    });
    const disk = `| free disk | ${run} GB | where nothing official is there; all tests: ${all} GB | |`;
    return ["| On the machine | at least | for | from |", "|---|---|---|---|"].concat(rows, disk).join("\n");
}

/** Whether nothing of a part is here yet; whether it is whole is told once the packages are there that can tell. */
function isMissing(part) {
    return !existsSync(join(BIN, part)) && !existsSync(join(ROOT, ".tools", part));
}

function main() {
    let parts;
    try {
        parts = partsOf(process.argv.slice(2)).filter(isMissing);
    } catch (error) {
        console.error(error.message);
        process.exitCode = 2;
        return;
    }
    // Whether the machine's Pulumi CLI is the right one is told later, too.
    const official = onPath("pulumi").length > 0;
    const builds = parts.some((part) => BUILT.indexOf(part) >= 0 && (part === "versitygw" || !official));
    const faults = lacking(["npm"].concat(parts), builds);
    faults.forEach((line) => console.error(line));
    process.exitCode = faults.length > 0 ? 1 : 0;
}

if (require.main === module) {
    main();
}

module.exports = { OLDEST_GO: oldestGo(), lacking, onPath, table };
