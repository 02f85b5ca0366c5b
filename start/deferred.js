/**
 * Puts off what Pulumi's SDK loads in every run, half a second, and uses only to send the code of functions, which this
 * program never does: npm's dependency solver and the TypeScript compiler. Whoever uses them still gets them.
 */
const { createRequire } = require("node:module");

const load = createRequire(require.resolve("@pulumi/pulumi"));

for (const name of ["@npmcli/arborist", "typescript"]) {
    const file = fileOf(name);
    if (file !== undefined && require.cache[file] === undefined) {
        require.cache[file] = deferred(file);
    }
}

/** Where a later SDK does without it, there is nothing to put off. */
function fileOf(name) {
    try {
        return load.resolve(name);
    } catch {
        return undefined;
    }
}

/** A module that is loaded by the first use of any of its names. */
function deferred(file) {
    const loaded = () => {
        if (require.cache[file] === stand) {
            delete require.cache[file];
        }
        return load(file);
    };
    // It says that it is a module with names, so that an import takes it as it is rather than copying each of them.
    const exports = new Proxy({}, { get: (_, name) => name === "__esModule" || loaded()[name] });
    const stand = { id: file, filename: file, loaded: true, exports, children: [], paths: [] };
    return stand;
}
