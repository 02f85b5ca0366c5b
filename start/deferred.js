/**
 * Puts off what Pulumi's SDK loads in every run and this program never uses: npm's dependency solver, a sixth of a second,
 * for sending the code of functions that use packages. Whoever uses it still gets it.
 */
const { createRequire } = require("node:module");

const UNUSED = "@npmcli/arborist";

const load = createRequire(require.resolve("@pulumi/pulumi"));

/** Where a later SDK has it no more, there is nothing to put off. */
function find() {
    try {
        return load.resolve(UNUSED);
    } catch {
        return undefined;
    }
}

const file = find();
if (file !== undefined && require.cache[file] === undefined) {
    // It says that it is a module with names, so that an import takes it as it is rather than copying each of them.
    const exports = new Proxy({}, { get: (_, name) => name === "__esModule" || loaded()[name] });
    const deferred = { id: file, filename: file, loaded: true, exports, children: [], paths: [] };
    const loaded = () => {
        if (require.cache[file] === deferred) {
            delete require.cache[file];
        }
        return load(file);
    };
    require.cache[file] = deferred;
}
