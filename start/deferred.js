/**
 * Puts off what Pulumi's SDK loads in every run, half of its start, and this program never uses: what sends the code of functions
 * (npm's dependency solver, the TypeScript compiler), the automation API, servers of providers, and traces that go elsewhere. Whoever
 * uses them still gets them.
 */
const { createRequire } = require("node:module");

const load = createRequire(require.resolve("@pulumi/pulumi"));

/** Loaded by the first use of any of its names. */
const BY_NAME = ["@npmcli/arborist", "typescript", "@pulumi/pulumi/automation"];

/** Functions and classes that the SDK takes out at once, and calls when traces or packages are asked for: loaded by the first call. */
const BY_CALL = [
    "normalize-package-data",
    "@opentelemetry/exporter-zipkin",
    "@opentelemetry/instrumentation",
    "@opentelemetry/instrumentation-grpc",
    "@opentelemetry/resources",
    "@opentelemetry/sdk-trace-base",
    "@opentelemetry/sdk-trace-node",
];

for (const [names, valueOf] of [
    [BY_NAME, (loaded, name) => loaded()[name]],
    [BY_CALL, called],
]) {
    for (const name of names) {
        const file = fileOf(name);
        if (file !== undefined && require.cache[file] === undefined) {
            require.cache[file] = deferred(file, valueOf);
        }
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

/** A module that is loaded when `valueOf` asks for it. */
function deferred(file, valueOf) {
    const loaded = () => {
        if (require.cache[file] === stand) {
            delete require.cache[file];
        }
        return load(file);
    };
    // It says that it is a module with names, so that an import takes it as it is rather than copying each of them.
    const exports = new Proxy({}, { get: (_, name) => name === "__esModule" || valueOf(loaded, name) });
    const stand = { id: file, filename: file, loaded: true, exports, children: [], paths: [] };
    return stand;
}

/** A function or class by its name in a module, which is loaded by its first call. */
function called(loaded, name) {
    // A module that is a function is what an import calls its default.
    const value = () => (name === "default" ? (loaded().default ?? loaded()) : loaded()[name]);
    return new Proxy(function () {}, {
        apply: (_, self, given) => Reflect.apply(value(), self, given),
        construct: (_, given, target) => Reflect.construct(value(), given, target),
        get: (_, property) => value()[property],
    });
}
