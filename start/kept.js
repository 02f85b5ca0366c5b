const { createHash } = require("node:crypto");
const { mkdirSync, readFileSync, renameSync, writeFileSync } = require("node:fs");
const { dirname, join, resolve } = require("node:path");

/** Folder of what is made from sources and read again by the next run; git ignores it. */
const FOLDER = resolve(__dirname, "..", ".compiled");

/**
 * Gives back the code that is made from a source: what an earlier run made, where it was made from the same source and is
 * whole, else what `make` makes now, which is kept for the next run. There is one file for each name, so nothing piles up.
 *
 * Its first line tells both by their digests, and it appears by a rename: a change of the source, a file that is cut off and
 * two runs at once never make a run use anything else. Where the folder cannot be written, nothing is kept.
 *
 * @param {string} name of the source, such as substrate/load.ts.
 * @param {string} source all that the code depends on: the text, and what compiles it with which options.
 * @param {() => string} make
 * @returns {string} the code.
 */
function kept(name, source, make) {
    const file = join(FOLDER, `${name}.js`);
    const from = digest(source);
    const [heading, earlier] = parts(read(file));
    if (heading === headingOf(from, earlier)) {
        return earlier;
    }
    const code = make();
    write(file, `${headingOf(from, code)}\n${code}`);
    return code;
}

function headingOf(from, code) {
    return `// ${from} ${digest(code)}`;
}

function parts(text) {
    const end = text.indexOf("\n");
    return [text.slice(0, end), text.slice(end + 1)];
}

function digest(text) {
    return createHash("sha256").update(text).digest("hex");
}

function read(file) {
    try {
        return readFileSync(file, "utf8");
    } catch {
        // Not made yet, or not readable: it is made anew.
        return "";
    }
}

function write(file, code) {
    const partial = `${file}.${process.pid}`;
    try {
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(partial, code);
        renameSync(partial, file);
    } catch {
        // A checkout that only reads is no reason to fail: the next run makes it again.
    }
}

module.exports = { kept };
