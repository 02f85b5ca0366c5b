/** @type {import("jest").Config} */
const common = {
    transform: { "^.+\\.ts$": ["@swc/jest", { jsc: { parser: { syntax: "typescript" }, target: "es2022" } }] },
    testEnvironment: "node",
};

module.exports = {
    projects: [
        { ...common, displayName: "model", testMatch: ["<rootDir>/tests/model/**/*.test.ts"] },
        { ...common, displayName: "components", testMatch: ["<rootDir>/tests/components/**/*.test.ts"] },
        {
            ...common,
            displayName: "router",
            testMatch: ["<rootDir>/tests/router/**/*.test.ts"],
            setupFiles: ["<rootDir>/tests/router/hurry.ts"],
        },
        { ...common, displayName: "tools", testMatch: ["<rootDir>/tests/tools/**/*.test.ts"] },
        { ...common, displayName: "browser", testMatch: ["<rootDir>/tests/browser/**/*.test.ts"] },
        { ...common, displayName: "acceptance", testMatch: ["<rootDir>/tests/acceptance/**/*.test.ts"] },
    ],
};
