/**
 * Lets Node.js load the project's TypeScript: each file is compiled, without a check of its types, when it was edited, and
 * read from .compiled else. `make lint` checks the types.
 */
require("./node").refuseOld();
const { readFileSync } = require("node:fs");
const { basename, relative, resolve } = require("node:path");
const { kept } = require("./kept");

const ROOT = resolve(__dirname, "..");

const OPTIONS = {
    jsc: { parser: { syntax: "typescript" }, target: "es2022" },
    module: { type: "commonjs" },
    sourceMaps: "inline",
};

/** Compiler and options, on which every compiled file depends beside its source. */
const COMPILER = JSON.stringify([require("@swc/core/package.json").version, OPTIONS]);

/** Code by the file that it was compiled from. */
const loaded = new Map();

require.extensions[".ts"] = (module, filename) => {
    const name = relative(ROOT, filename).replaceAll("..", "outside");
    const source = readFileSync(filename, "utf8");
    const code = kept(name, `${COMPILER}\n${source}`, () => {
        // Loaded only where something was edited.
        const { transformSync } = require("@swc/core");
        return transformSync(source, { ...OPTIONS, filename, sourceFileName: basename(filename), swcrc: false }).code;
    });
    loaded.set(filename, code);
    module._compile(code, filename);
};

// The lines of a stack trace are those of the source: Pulumi's runtime looks for a source map in what was loaded.
require("source-map-support").install({ retrieveFile: (filename) => loaded.get(filename) || null });
