const tests = (folder) => `<rootDir>/tests/${folder}/**/*.test.ts`;

/** Files whose lab lives in Linux namespaces, as root only: they run one after the other, beside all others. */
const NAMESPACES = ["acceptance/host", "acceptance/ansible", "acceptance/proof"].map(
    (path) => `<rootDir>/tests/${path}`,
);

/** @type {import("jest").Config} */
const common = {
    // Nothing else is looked through for tests: below .tools stand whole systems.
    roots: ["<rootDir>/tests"],
    transform: { "^.+\\.ts$": ["@swc/jest", { jsc: { parser: { syntax: "typescript" }, target: "es2022" } }] },
    testEnvironment: "<rootDir>/tests/environment.js",
    // What start/preload.js does for a run of the program: of Pulumi's SDK jest loads no more than is used, and finds no lines of
    // the sources for its promises.
    moduleNameMapper: {
        "^(typescript|@npmcli/arborist)$": "<rootDir>/tests/deferred/$1.js",
        "^\\./debuggable$": "<rootDir>/start/promises.js",
    },
};

/** The keys of the labs' stacks, in projects that have labs. */
const VAULT = { globalSetup: "<rootDir>/tests/vault/start.js", globalTeardown: "<rootDir>/tests/vault/stop.js" };

module.exports = {
    // No test is about time. On a machine with much other work the first one of a file that loads Pulumi's SDK took 30 seconds.
    testTimeout: 120_000,
    testSequencer: "<rootDir>/tests/sequencer.js",
    projects: [
        { ...common, displayName: "pure", testMatch: [tests("pure")] },
        { ...common, displayName: "components", testMatch: [tests("components")] },
        {
            ...common,
            displayName: "router",
            testMatch: [tests("router")],
            setupFiles: ["<rootDir>/tests/router/hurry.ts"],
        },
        { ...common, displayName: "tools", testMatch: [tests("tools")] },
        { ...common, displayName: "browser", testMatch: [tests("browser")] },
        {
            ...common,
            displayName: "acceptance",
            testMatch: [tests("acceptance")],
            testPathIgnorePatterns: NAMESPACES,
            ...VAULT,
        },
        {
            ...common,
            displayName: "namespaces",
            testMatch: NAMESPACES.map((path) => `${path}*.test.ts`),
            ...VAULT,
        },
    ],
};
