/**
 * Calls `tenants` once for each list of words of a JSON file, all in this process, and writes how each of them ended to another
 * file: a process for each would take minutes. Arguments: the project's folder, the file of calls, the file of results.
 */
const { readFileSync, writeFileSync } = require("node:fs");
const { join } = require("node:path");

const [, , root, calls, results] = process.argv;
require(join(root, "start/typescript"));
const { main } = require(join(root, "commands/cli/main.ts"));

/** Calls it once; what it said is given back in place of being said. */
async function call(words) {
    const said = { stdout: "", stderr: "" };
    const real = { stdout: process.stdout.write, stderr: process.stderr.write };
    for (const stream of Object.keys(said)) {
        process[stream].write = (text) => (said[stream] += text) !== "";
    }
    process.exitCode = undefined;
    try {
        await main(words);
    } catch (error) {
        // As Node.js ends for it.
        said.stderr += error.stack;
        process.exitCode = 1;
    } finally {
        Object.entries(real).forEach(([stream, write]) => (process[stream].write = write));
    }
    return { status: process.exitCode, ...said };
}

async function callAll() {
    // Each call listens for its own end.
    [process, process.stdout].forEach((emitter) => emitter.setMaxListeners(0));
    const ended = [];
    for (const words of JSON.parse(readFileSync(calls, "utf8"))) {
        ended.push(await call(words));
    }
    process.exitCode = 0;
    writeFileSync(results, JSON.stringify(ended));
}

void callAll();
