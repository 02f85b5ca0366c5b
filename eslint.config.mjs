import pulumi from "@pulumi/eslint-plugin";
import tseslint from "typescript-eslint";

/** Rooms of the program itself: each has pure rules, and its reading and writing in files that are named for it. */
const ROOMS = [
    ...["definitions", "substrate", "firewall", "state", "https", "node", "router", "host"],
    ...["components", "report", "proof", "policy", "commands"],
];

const IO = {
    regex: "^(node:)?(child_process|dgram|dns|fs|http|https|net|readline|tls)(/.*)?$|^(ssh2|tar)$",
    // Pure, although it comes from there.
    allowImportNames: ["isIPv4"],
    message: "Reading and writing stand in files named client, read, provider or ssh; in commands/, in cli/.",
};

const PULUMI = { group: ["@pulumi/*", "@muhlba91/*"], message: "What needs no server needs no Pulumi." };

export default tseslint.config(
    {
        ignores: [
            "node_modules",
            ".tools",
            ".compiled",
            ".lab",
            ".conformance",
            "definitions/definitions.ts",
            "definitions/validators.js",
            "definitions/answerValidators.js",
        ],
    },
    {
        files: ["**/*.ts"],
        extends: [tseslint.configs.recommendedTypeChecked],
        languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
        plugins: { "@pulumi": pulumi },
        rules: {
            "@pulumi/no-output-in-template-literal": "error",
            "@pulumi/no-output-instance-in-template-literal": "error",
            // An Output in a template prints its own source text; this rule catches what the two above do not.
            "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
            "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
            // A property is named only to leave it out of the rest.
            "@typescript-eslint/no-unused-vars": ["error", { varsIgnorePattern: "^_+$", argsIgnorePattern: "^_+$" }],
            complexity: ["error", 12],
            "max-lines": ["error", 300],
            "max-lines-per-function": ["error", { max: 40, skipComments: true, skipBlankLines: true }],
        },
    },
    // What tells that a Node.js is too old is read by it.
    { files: ["start/node.js"], languageOptions: { ecmaVersion: 5, sourceType: "commonjs" } },
    {
        files: ["tools/needs.js", "tools/requirements.js", "start/typescript.js", "start/preload.js", "main.js"],
        languageOptions: { ecmaVersion: 2018, sourceType: "commonjs" },
    },
    {
        // A describe block is one function by syntax only.
        files: ["tests/**/*.ts"],
        rules: { "max-lines-per-function": "off" },
    },
    {
        files: ROOMS.map((room) => `${room}/**/*.ts`),
        ignores: ["**/{client,read,provider,ssh}.ts", "commands/cli/*.ts"],
        rules: { "no-restricted-imports": ["error", { patterns: [IO] }] },
    },
    {
        files: ["definitions/**/*.ts", "substrate/**/*.ts", "firewall/**/*.ts"],
        ignores: ["**/read.ts"],
        rules: { "no-restricted-imports": ["error", { patterns: [IO, PULUMI] }] },
    },
);
