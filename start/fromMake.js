/**
 * Targets of the Makefile that are commands of bin/tenants now: each says the new command, and runs it. make hands
 * its parameters over as they were typed, in the environment; GIVEN names those of its command line.
 */
const { spawnSync } = require("node:child_process");
const { join } = require("node:path");

const OPTIONS = {
    ADDRESSES: "addresses",
    DRIFT: "drift",
    FORMAT: "format",
    INPUT: "input",
    OUTPUT: "output",
    PARALLEL: "parallel",
    POLICY: "policy",
    SSH_CONFIG: "ssh-config",
    VMS: "vms",
    YES: "yes",
};
const SWITCHES = { BACKUP: "backup", JSON: "json" };
const ARGUMENTS = ["SUBSTRATE", "TENANT", "CMD"];

/** The words of a command. */
function commandOf(name, given) {
    const operands = ARGUMENTS.flatMap((parameter) => given[parameter] ?? []);
    const switches = Object.entries(SWITCHES).flatMap(([parameter, option]) =>
        given[parameter] ? [`--${option}`] : [],
    );
    const options = Object.entries(OPTIONS).flatMap(([parameter, option]) => {
        return given[parameter] ? [`--${option}=${given[parameter]}`] : [];
    });
    const further = given.ARGS ? ["--", ...given.ARGS.split(/\s+/).filter((word) => word !== "")] : [];
    return [name, ...operands, ...switches, ...options, ...further];
}

/** A word as a shell would take it. */
function quoted(word) {
    return /^[\w@%+=:,./<>-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

const PARAMETERS = [...Object.keys(OPTIONS), ...Object.keys(SWITCHES), ...ARGUMENTS, "ARGS"];

/** A parameter with a slip of the finger; a name that is near none is a variable of the environment, such as PULUMI_HOME. */
function isSlip(name) {
    const { closest, distance } = require("fastest-levenshtein");
    return distance(name, closest(name, PARAMETERS)) <= 2;
}

const [, , target] = process.argv;
const named = (process.env.GIVEN ?? "").split(" ").filter((name) => name !== "");
const given = Object.fromEntries(named.map((name) => [name, process.env[name] || undefined]));
const words = commandOf(target, given);
console.error(`make ${target} goes with the next release: ${["bin/tenants", ...words].map(quoted).join(" ")}`);
const slip = named.find((name) => !PARAMETERS.includes(name) && isSlip(name));
if (slip !== undefined) {
    console.error(`make ${target} takes no ${slip}`);
    process.exit(64);
}
const { status } = spawnSync(join(__dirname, "..", "bin", "tenants"), words, { stdio: "inherit" });
process.exit(status ?? 1);
