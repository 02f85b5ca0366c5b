/**
 * Parts to install, by need. A need is what a command asks for; its parts are what tools/install.ts installs.
 * Plain JavaScript, since requirements.js reads it before there is anything that loads TypeScript.
 */
const NEEDS = {
    /** A run of Pulumi: the CLI, what it starts beside itself, and the provider plugins. */
    pulumi: [
        "pulumi",
        "pulumi-language-nodejs",
        "pulumi-resource-proxmoxve",
        "pulumi-resource-command",
        "pulumi-resource-pulumi-nodejs",
    ],
    /** The simulated node and router, and Ansible. */
    lab: ["lab-venv"],
    /** The lab's host. */
    host: ["lab-system"],
    /** The same on Debian 13, which `make test` does not need: DEBIAN=13 has it. */
    "host-13": ["lab-system", "lab-system-13"],
    /** The lab's data plane, in the same root file system. */
    plane: ["lab-system"],
    /** Backends for states of the lab: an S3 server and a database. */
    "state-backends": ["versitygw", "lab-database"],
    /** The browser of the tests. */
    browser: ["browser"],
};

/** All that `make test` needs. */
const EVERYTHING = "test";

const NAMES = Object.keys(NEEDS).concat(EVERYTHING);

/** Parts that are built with Go where the machine has no official ones. */
const BUILT = NEEDS.pulumi.slice(0, 4).concat("versitygw");

/**
 * Parts of needs, each once.
 *
 * @param {readonly string[]} needs
 * @returns {string[]}
 * @throws {RangeError} where there is no such need, with those that there are.
 */
function partsOf(needs) {
    const unknown = needs.filter((need) => NAMES.indexOf(need) < 0);
    if (unknown.length > 0) {
        throw new RangeError(`${unknown.join(", ")}: nothing is called so; allowed: ${NAMES.join(", ")}`);
    }
    const tested = Object.keys(NEEDS).filter((need) => need !== "host-13");
    const wanted = needs.indexOf(EVERYTHING) >= 0 ? tested.concat(needs.filter((need) => need !== EVERYTHING)) : needs;
    return Array.from(new Set([].concat(...wanted.map((need) => NEEDS[need]))));
}

module.exports = { BUILT, NAMES, partsOf };
